import { expect, test } from 'vitest';
import { shared } from './shared';

test('what is equal is the same object', () => {
  const before = { items: [{ raw: 'one', tokens: [] }, { raw: 'two', tokens: [{ text: 'two' }] }], loose: false };
  expect(shared(before, structuredClone(before))).toBe(before);
  const now = { ...structuredClone(before), loose: true };
  expect(shared(before, now).items).toBe(before.items);
});

test('what has grown is new, and its parts that have not are the same', () => {
  const before = { items: [{ raw: 'one' }, { raw: 'tw' }] };
  const now = { items: [{ raw: 'one' }, { raw: 'two' }, { raw: 'three' }] };
  const result = shared(before, now);
  expect(result).toEqual(now);
  expect(result.items[0]).toBe(before.items[0]);
  expect(before.items).toEqual([{ raw: 'one' }, { raw: 'tw' }]);
});

test.each([
  [{ a: 1 }, { a: 1, b: undefined }],
  [{ a: 1, b: 2 }, { a: 1 }],
  [[1, 2], [1]],
  [[], {}],
  [{}, []],
  [null, {}],
  [{}, null],
  [undefined, 'text'],
])('from %j to %j it is what is now', (before, now) => expect(shared(before, now)).toStrictEqual(now));
