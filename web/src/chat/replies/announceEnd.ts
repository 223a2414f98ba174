import { truncate } from '../truncate';
import { plainText } from '../markdown/plainText';
import type { Message } from '../messages/list';
import { texts } from '../texts';
import { announce } from '../ui/Announcer';
import { failureOf } from './failure';

const LONGEST = 160;
/** Length of the part of a reply that is searched for its first sentence. */
const SEARCHED = 2_000;

/** Announces to screen readers that a reply has ended, with its first sentence. */
export function announceEnd({ status, content, error }: Message): void {
  if (status === 'FAILED') announce(texts.replyFailed(failureOf(error)));
  else if (status === 'STOPPED') announce(texts.replyStopped);
  else announce(texts.replyFinished(firstSentence(plainText(truncate(content, SEARCHED)))));
}

export function firstSentence(text: string): string {
  const [first = ''] = text.trim().split(/(?<=[.!?。！？؟])\s|\n/u, 1);
  const kept = truncate(first, LONGEST);
  return kept === first ? first : `${kept}…`;
}
