import { expect, test } from 'vitest';
import type { ReplySubscription } from '../graphql/generated';
import { afterEvent, noReply } from './reply';

type Event = ReplySubscription['reply'];
const snapshot = (text: string, attempt = 1): Event => ({ __typename: 'ReplySnapshot', cursor: `${attempt}.${text.length}`, text, attempt });
const delta = (text: string, cursor: string): Event => ({ __typename: 'ReplyDelta', cursor, text });

test('a snapshot replaces, a delta is appended, the cursor is the last one', () => {
  const reply = [snapshot('Hel'), delta('lo', '1.5')].reduce(afterEvent, noReply);
  expect(reply).toEqual({ text: 'Hello', cursor: '1.5', attempt: 1, finished: false });
});

test('after a break a snapshot shows no word twice', () => {
  const reply = [snapshot(''), delta('One two', '1.7'), snapshot('One two three')].reduce(afterEvent, noReply);
  expect(reply.text).toBe('One two three');
});

test('another attempt begins anew', () => {
  const reply = [snapshot('Half of it'), snapshot('', 2), delta('All', '2.3')].reduce(afterEvent, noReply);
  expect(reply).toMatchObject({ text: 'All', attempt: 2 });
});

test('the end has the whole text', () => {
  const message = { id: 'm', role: 'ASSISTANT', content: 'Hello!', status: 'COMPLETED', model: null, createdAt: '', finishReason: 'STOP', error: null, usage: null } as const;
  const reply = afterEvent(afterEvent(noReply, snapshot('Hello')), { __typename: 'ReplyFinished', cursor: '1.6', message });
  expect(reply).toMatchObject({ text: 'Hello!', finished: true });
});
