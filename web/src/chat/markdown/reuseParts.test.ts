import { expect, test } from 'vitest';
import { reuseParts } from './reuseParts';

test('an equal value is the same object', () => {
  const before = { items: [{ raw: 'one', tokens: [] }, { raw: 'two', tokens: [{ text: 'two' }] }], loose: false };
  expect(reuseParts(before, structuredClone(before))).toBe(before);
  const now = { ...structuredClone(before), loose: true };
  expect(reuseParts(before, now).items).toBe(before.items);
});

test('a changed value is new, but its unchanged parts are the same objects', () => {
  const before = { items: [{ raw: 'one' }, { raw: 'tw' }] };
  const now = { items: [{ raw: 'one' }, { raw: 'two' }, { raw: 'three' }] };
  const result = reuseParts(before, now);
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
])('from %j to %j the result equals the new value', (before, now) => expect(reuseParts(before, now)).toStrictEqual(now));
