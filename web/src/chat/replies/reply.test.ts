import { expect, test } from 'vitest';
import type { ReplySubscription } from '../graphql/generated';
import { applyEvent as apply, emptyReply, isInterrupted, unseen, visibleText, type Part, type Reply } from './reply';

type Event = ReplySubscription['reply'];
const snapshot = (text: string, attempt = 1): Event => ({
  __typename: 'ReplySnapshot', cursor: `${attempt}.${text.length}`, parts: text ? [{ __typename: 'TextPart', index: 0, text }] : [], attempt,
});
const deltaOf = (part: Part, cursor = ''): Event => ({ __typename: 'ReplyDelta', cursor, parts: [{ name: null, toolCall: null, ...part }] });
const delta = (text: string, cursor: string): Event => deltaOf({ index: 0, kind: 'TEXT', text }, cursor);
const reasoning = (text: string, index = 0): Event => deltaOf({ index, kind: 'REASONING', text });
const applyEvent = (reply: Reply, event: Event) => apply(reply, event, 0);
/** Applies events that are each a second apart. */
const thoughtFor = (events: Event[], from = emptyReply) => events.reduce((reply, event, index) => apply(reply, event, index * 1000), from).thoughtFor;

test('a snapshot replaces the text, a delta is appended, and the last cursor is kept', () => {
  const reply = [snapshot('Hel'), delta('lo', '1.5')].reduce(applyEvent, emptyReply);
  expect(reply).toMatchObject({ text: 'Hello', previousText: '', cursor: '1.5', attempt: 1, brokenOff: false, finished: false });
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
  const message = { id: 'm', parent: null, role: 'ASSISTANT', content: 'Hello!', status: 'COMPLETED', model: null, createdAt: '', finishReason: 'STOP', rating: null, ratingNote: null, error: null, usage: null, context: null } as const;
  const reply = applyEvent(applyEvent(emptyReply, snapshot('Hello')), { __typename: 'ReplyFinished', cursor: '1.6', message });
  expect(reply).toMatchObject({ text: 'Hello!', finished: true });
});

test('reasoning and sources are not part of the text', () => {
  const events = [snapshot(''), reasoning('Hm'), reasoning('m.'), deltaOf({ index: 1, kind: 'TEXT', text: 'Yes' }), deltaOf({ index: 2, kind: 'SOURCE', text: 'https://a.example', name: 'A' })];
  const reply = events.reduce(applyEvent, emptyReply);
  expect(reply.text).toBe('Yes');
  expect(reply.parts.map(({ kind, text }) => [kind, text])).toEqual([['REASONING', 'Hmm.'], ['TEXT', 'Yes'], ['SOURCE', 'https://a.example']]);
});

test('the time of reasoning is measured until the text continues, or the reply ends', () => {
  const text = (index: number) => deltaOf({ index, kind: 'TEXT', text: 'a' });
  expect(thoughtFor([snapshot(''), reasoning('a'), reasoning('b'), text(1)])).toBe(2000);
  expect(thoughtFor([snapshot(''), reasoning('a'), text(1), text(1), reasoning('b', 2), text(3)])).toBe(2000);
  expect(thoughtFor([snapshot(''), text(0)])).toBe(0);
});

test('the time of reasoning is not known if the page has not seen all of it', () => {
  const thinking: Event = { __typename: 'ReplySnapshot', cursor: '', attempt: 1, parts: [{ __typename: 'ReasoningPart', index: 0, text: 'a' }] };
  const text = deltaOf({ index: 1, kind: 'TEXT', text: 'a' });
  expect(thoughtFor([thinking, text])).toBe(1000);
  expect(thoughtFor([thinking, text], { ...emptyReply, thoughtFor: NaN }), 'the page was loaded later').toBeNaN();
  expect(thoughtFor([snapshot(''), { ...thinking, attempt: 2 }, text]), 'a later attempt').toBeNaN();
  const lost = unseen([snapshot(''), reasoning('a')].reduce(applyEvent, emptyReply));
  expect(thoughtFor([reasoning('b'), text], lost), 'the connection was lost meanwhile').toBeNaN();
  expect(thoughtFor([snapshot('', 2), reasoning('b'), text], lost)).toBe(1000);
});

test('a tool call is replaced by its later state', () => {
  const call = (status: 'IN_PROGRESS' | 'COMPLETED') => ({ callId: 'c', tool: 'web_search', arguments: '{}', status });
  const part = (status: 'IN_PROGRESS' | 'COMPLETED') => deltaOf({ index: 0, kind: 'TOOL_CALL', text: '', toolCall: call(status) });
  const reply = [part('IN_PROGRESS'), part('COMPLETED'), deltaOf({ index: 1, kind: 'TEXT', text: 'Done.' })].reduce(applyEvent, emptyReply);
  expect(reply.parts[0]).toMatchObject({ kind: 'TOOL_CALL', toolCall: call('COMPLETED') });
  expect(reply.text).toBe('Done.');
});
