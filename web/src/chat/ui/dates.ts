import { texts } from '../texts';

/** The page's language, in the reader's regional variants. */
const theirs = globalThis.navigator?.languages ?? [];
const languages = [...theirs.filter((language) => language.split('-')[0] === texts.language), texts.language];

const time = new Intl.DateTimeFormat(languages, { timeStyle: 'short' });
const day = new Intl.DateTimeFormat(languages, { day: 'numeric', month: 'short' });
const dayOfYear = new Intl.DateTimeFormat(languages, { day: 'numeric', month: 'short', year: 'numeric' });
const month = new Intl.DateTimeFormat(languages, { month: 'long', year: 'numeric' });
const dayAndTime = new Intl.DateTimeFormat(languages, { dateStyle: 'long', timeStyle: 'short' });
const full = new Intl.DateTimeFormat(languages, { dateStyle: 'full', timeStyle: 'medium' });

/** Returns the time, with the day if it is not today. */
export function dateAndTime(date: Date, now = new Date()): string {
  if (date.toDateString() === now.toDateString()) return time.format(date);
  const days = date.getFullYear() === now.getFullYear() ? day : dayOfYear;
  return `${days.format(date)}, ${time.format(date)}`;
}

/** Returns the day with its year, and the time. */
export function dateAndTimeInFull(date: Date): string {
  return dayAndTime.format(date);
}

export function fullDate(date: Date): string {
  return full.format(date);
}

/** Returns the heading under which a date is listed, such as “Yesterday”. */
export function period(date: Date, now = new Date()): string {
  const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate());
  const before = (days: number) => new Date(midnight.getFullYear(), midnight.getMonth(), midnight.getDate() - days);
  if (date >= midnight) return texts.today;
  if (date >= before(1)) return texts.yesterday;
  if (date >= before(7)) return texts.lastDays(7);
  if (date >= before(30)) return texts.lastDays(30);
  return month.format(date);
}
