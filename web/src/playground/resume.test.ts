import { parse, print } from 'graphql';
import { expect, test } from 'vitest';
import { resumedAfter } from './resume';
import type { Operation } from './secrets';

const after = (operation: Operation) => resumedAfter(operation, 'c1');
const tidy = (query: string) => print(parse(query));

test('`after` is added to the root field, or replaced there', () => {
  const expected = tidy('subscription { r: reply(messageId: "m", after: "c1") { cursor } }');
  expect(after({ query: 'subscription { r: reply(messageId: "m") { cursor } }' }).query).toBe(expected);
  expect(after({ query: 'subscription { r: reply(after: "c0", messageId: "m") { cursor } }' }).query).toBe(expected);
});

test('a variable passed as `after` gets the cursor', () => {
  const query = tidy('subscription S($id: ID!, $last: String) { reply(messageId: $id, after: $last) { cursor } }');
  expect(after({ query, variables: { id: 'm', last: 'c0' } })).toEqual({ query, variables: { id: 'm', last: 'c1' } });
});

test('the root field may be in a fragment', () => {
  const query = 'subscription { ... { ...F } } fragment F on Subscription { changes { cursor } }';
  const expected = 'subscription { ... { ...F } } fragment F on Subscription { changes(after: "c1") { cursor } }';
  expect(after({ query }).query).toBe(tidy(expected));
});

test('other operations and other fields stay unchanged', () => {
  const query = tidy('subscription A { changes { cursor reply { id } } } subscription B { changes { cursor } }');
  expect(after({ query, operationName: 'A' }).query).toBe(query.replace('changes {', 'changes(after: "c1") {'));
  const other = tidy('subscription { ticks { cursor } }');
  expect(after({ query: other }).query).toBe(other);
});
