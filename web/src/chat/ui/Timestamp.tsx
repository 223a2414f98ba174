import { dateAndTime, fullDate } from './dates';

/** Shows when something happened. */
export function Timestamp({ at }: { at: string }) {
  const date = new Date(at);
  return (
    <time dateTime={at} title={fullDate(date)}>
      {dateAndTime(date)}
    </time>
  );
}
