import { expect, test } from 'vitest';
import type { ReplySubscription } from '../graphql/generated';
import { applyEvent, emptyReply, isInterrupted, visibleText } from './reply';

type Event = ReplySubscription['reply'];
const snapshot = (text: string, attempt = 1): Event => ({ __typename: 'ReplySnapshot', cursor: `${attempt}.${text.length}`, text, attempt });
const delta = (text: string, cursor: string): Event => ({ __typename: 'ReplyDelta', cursor, text });

test('a snapshot replaces the text, a delta is appended, and the last cursor is kept', () => {
  const reply = [snapshot('Hel'), delta('lo', '1.5')].reduce(applyEvent, emptyReply);
  expect(reply).toEqual({ text: 'Hello', previousText: '', cursor: '1.5', attempt: 1, brokenOff: false, finished: false });
});

test('a snapshot after a lost connection repeats no text', () => {
  const reply = [snapshot(''), delta('One two', '1.7'), snapshot('One two three')].reduce(applyEvent, emptyReply);
  expect(reply.text).toBe('One two three');
});

test('a new attempt starts over', () => {
  const reply = [snapshot('Half of it'), snapshot('', 2), delta('All', '2.3')].reduce(applyEvent, emptyReply);
  expect(reply).toMatchObject({ text: 'All', attempt: 2 });
  expect(visibleText(reply)).toBe('All');
});

test('text that a new attempt repeats stays visible', () => {
  const events = [snapshot('Half of it'), snapshot('', 2), delta('Half', '2.4'), snapshot('', 3), delta('Half of it all', '3.14')];
  let reply = emptyReply;
  const shown = events.map((event) => visibleText((reply = applyEvent(reply, event))));
  expect(shown).toEqual([...Array(4).fill('Half of it'), 'Half of it all']);
});

test('a reply is interrupted until the next text after a broken connection', () => {
  const flowing = [snapshot(''), delta('Half', '1.4')].reduce(applyEvent, emptyReply);
  expect(isInterrupted(flowing)).toBe(false);
  const brokenOff = { ...flowing, brokenOff: true };
  expect(isInterrupted(brokenOff)).toBe(true);
  expect(isInterrupted(applyEvent(brokenOff, delta(' of it', '1.10')))).toBe(false);
});

test('a reply is interrupted while a new attempt has not passed the previous one', () => {
  const events = [snapshot(''), snapshot('Half of it'), snapshot('', 2), delta('Half', '2.4'), delta(' of it', '2.10'), delta(' all', '2.14')];
  let reply = emptyReply;
  expect(events.map((event) => isInterrupted((reply = applyEvent(reply, event))))).toEqual([false, false, true, true, false, false]);
});

test('a first attempt without text is not interrupted: the model thinks', () => {
  expect(isInterrupted(emptyReply)).toBe(false);
  expect(isInterrupted(applyEvent(emptyReply, snapshot('')))).toBe(false);
});

test('the last event has the whole text', () => {
  const message = { id: 'm', parent: null, role: 'ASSISTANT', content: 'Hello!', status: 'COMPLETED', model: null, createdAt: '', finishReason: 'STOP', error: null, usage: null } as const;
  const reply = applyEvent(applyEvent(emptyReply, snapshot('Hello')), { __typename: 'ReplyFinished', cursor: '1.6', message });
  expect(reply).toMatchObject({ text: 'Hello!', finished: true });
});
