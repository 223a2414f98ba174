import { expect, test } from 'vitest';
import { removeUserData, tabFirstStorage, sharedStorage, tabStorage, userKey } from './deviceStorage';

test('removing a value in one tab keeps what another tab has stored since', () => {
  const key = userKey('ada', 'draft', 'new');
  tabFirstStorage.set(key, 'mine');
  sharedStorage.set(key, 'another tab’s');
  expect(tabFirstStorage.get(key)).toBe('mine');
  tabFirstStorage.remove(key);
  expect(tabFirstStorage.get(key)).toBe('another tab’s');
  tabFirstStorage.remove(key);
  expect(tabFirstStorage.get(key)).toBeUndefined();
});

test('removing a user’s data removes all of it and nothing else', () => {
  const theirs = [userKey('ada', 'draft', 'a:b'), userKey('ada', 'outbox', '1'), userKey('ada', 'begun', 'new_1')];
  const others = [userKey('bob', 'draft', 'ada'), 'confab:theme', 'ada'];
  for (const key of [...theirs, ...others]) {
    sharedStorage.set(key, key);
    tabStorage.set(key, key);
  }
  removeUserData('ada');
  for (const kept of [sharedStorage, tabStorage]) expect(kept.keys().sort()).toEqual([...others].sort());
});
