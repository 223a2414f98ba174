import { dayAndTime, inFull } from './moments';

/** When something was, in small. */
export function Moment({ at }: { at: string }) {
  const date = new Date(at);
  return (
    <time dateTime={at} title={inFull(date)}>
      {dayAndTime(date)}
    </time>
  );
}
