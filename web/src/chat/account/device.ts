import Bowser from 'bowser';
import { accountTexts } from '../texts';

/** What a device is called, by what its program calls itself: `Firefox on Linux`; what is no browser is told as it is. */
export function deviceOf(agent: string | null): string {
  if (!agent) return accountTexts.unknownDevice;
  const { browser, os } = Bowser.parse(agent);
  const known = agent.startsWith('Mozilla/') && browser.name;
  if (!known) return agent;
  return os.name ? accountTexts.browserOn(browser.name!, os.name) : browser.name!;
}
