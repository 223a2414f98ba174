import { plainOf } from '../markdown/plain';
import type { Message } from '../messages/list';
import { texts } from '../texts';
import { announce } from '../ui/Announcer';
import { failureOf } from './failure';

const LONGEST = 160;
/** So much of a reply is read to find how it begins. */
const BEGINNING = 2_000;

/** Tells those who listen that a reply has ended, and how it begins. */
export function announceEnd({ status, content, error }: Message): void {
  if (status === 'FAILED') announce(texts.replyFailed(failureOf(error)));
  else if (status === 'STOPPED') announce(texts.replyStopped);
  else announce(texts.replyFinished(firstSentence(plainOf(content.slice(0, BEGINNING)))));
}

export function firstSentence(text: string): string {
  const [first = ''] = text.trim().split(/(?<=[.!?。！？؟])\s|\n/u, 1);
  return first.length > LONGEST ? `${first.slice(0, LONGEST)}…` : first;
}
