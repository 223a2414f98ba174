import { accountTexts } from '../texts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Units of relative times, each with the age up to which it is used. */
const STEPS = [
  { unit: 'minute', length: MINUTE, until: HOUR },
  { unit: 'hour', length: HOUR, until: DAY },
  { unit: 'day', length: DAY, until: 30 * DAY },
] as const;

/** Returns how long ago a time was, or its date if that is more than 30 days. */
export function ago(moment: string, now = Date.now()): string {
  // The server's clock may be a little ahead of this device's.
  const time = Math.max(0, now - Date.parse(moment));
  if (time < 2 * MINUTE) return accountTexts.justNow;
  const step = STEPS.find(({ until }) => time < until);
  if (!step) return day(moment);
  return new Intl.RelativeTimeFormat(language()).format(-Math.floor(time / step.length), step.unit);
}

export function day(moment: string): string {
  return new Date(moment).toLocaleDateString(language(), { dateStyle: 'medium' });
}

/** The page's language, not the browser's, because a date is part of a sentence. */
function language(): string {
  return typeof document === 'undefined' ? 'en' : document.documentElement.lang || 'en';
}
