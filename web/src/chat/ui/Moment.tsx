import { dayAndTime, inFull } from './moments';

/** Shows when something happened. */
export function Moment({ at }: { at: string }) {
  const date = new Date(at);
  return (
    <time dateTime={at} title={inFull(date)}>
      {dayAndTime(date)}
    </time>
  );
}
