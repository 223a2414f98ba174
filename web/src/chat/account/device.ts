import Bowser from 'bowser';
import { accountTexts } from '../texts';

/** Names a device by its user agent: `Firefox on Linux` for a browser, else the user agent itself. */
export function deviceOf(agent: string | null): string {
  if (!agent) return accountTexts.unknownDevice;
  const { browser, os } = Bowser.parse(agent);
  const known = agent.startsWith('Mozilla/') && browser.name;
  if (!known) return agent;
  return os.name ? accountTexts.browserOn(browser.name!, os.name) : browser.name!;
}
