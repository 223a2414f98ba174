import { expect, test } from 'vitest';
import { MOST, withEvent, withSocket, type SubscriptionLog } from './subscriptionLog';

const NONE: SubscriptionLog = { socket: { state: 'connecting' }, entries: [], events: 0 };
const AT = new Date(0);

const seen = (...events: object[]) =>
  events.reduce<SubscriptionLog>((log, event) => withEvent(log, { data: { reply: event } }, AT), NONE);

const SNAPSHOT = { __typename: 'ReplySnapshot', cursor: 'c1', text: 'one ' };
const DELTA = { __typename: 'ReplyDelta', cursor: 'c2', text: 'two' };
const finished = (content: string) => ({ __typename: 'ReplyFinished', cursor: 'c3', message: { content } });

test('the text is the last snapshot and every delta after it', () => {
  expect(seen(SNAPSHOT, DELTA, SNAPSHOT, DELTA)).toMatchObject({ text: 'one two', cursor: 'c2', events: 4 });
});

test('the text is compared with the finished message', () => {
  expect(seen(SNAPSHOT, DELTA, finished('one two')).complete).toBe(true);
  expect(seen(SNAPSHOT, finished('one two')).complete, 'lost').toBe(false);
  expect(seen(SNAPSHOT, DELTA, DELTA, finished('one two')).complete, 'doubled').toBe(false);
});

test('without a snapshot there is no whole text to compare', () => {
  expect(seen(DELTA, finished('one two'))).not.toHaveProperty('complete');
});

test('the list is bounded, and the newest entry is first', () => {
  const many = seen(SNAPSHOT, ...Array.from({ length: MOST + 5 }, () => DELTA), finished('x'));
  expect(many.entries).toHaveLength(MOST);
  expect(many.events).toBe(MOST + 7);
  expect(many.entries[0]).toMatchObject({ kind: 'event', name: 'ReplyFinished', cursor: 'c3', id: MOST + 7 });
});

test('an event without a cursor keeps the previous cursor', () => {
  const { cursor, entries } = withEvent(seen(SNAPSHOT), { errors: [{ message: 'no' }] }, AT);
  expect([cursor, entries[0]]).toEqual(['c1', expect.objectContaining({ name: 'errors' })]);
});

test('opened and closed sockets are listed', () => {
  const states = [{ state: 'connecting' }, { state: 'open' }, { state: 'waiting', code: 4499, reason: 'Terminated' }] as const;
  const log = states.reduce<SubscriptionLog>((before, socket) => withSocket(before, socket, AT), NONE);
  expect(log.entries.map((entry) => entry.kind === 'socket' && entry.socket.state)).toEqual(['waiting', 'open']);
});
