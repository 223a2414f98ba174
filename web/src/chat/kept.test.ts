import { expect, test } from 'vitest';
import { forgetUser, keptByTab, keptHere, keptInTab, keyOf } from './kept';

test('removing a value in one tab keeps what another tab has stored since', () => {
  const key = keyOf('ada', 'draft', 'new');
  keptByTab.set(key, 'mine');
  keptHere.set(key, 'another tab’s');
  expect(keptByTab.get(key)).toBe('mine');
  keptByTab.remove(key);
  expect(keptByTab.get(key)).toBe('another tab’s');
  keptByTab.remove(key);
  expect(keptByTab.get(key)).toBeUndefined();
});

test('removing a user’s data removes all of it and nothing else', () => {
  const theirs = [keyOf('ada', 'draft', 'a:b'), keyOf('ada', 'outbox', '1'), keyOf('ada', 'begun', 'new_1')];
  const others = [keyOf('bob', 'draft', 'ada'), 'confab:theme', 'ada'];
  for (const key of [...theirs, ...others]) {
    keptHere.set(key, key);
    keptInTab.set(key, key);
  }
  forgetUser('ada');
  for (const kept of [keptHere, keptInTab]) expect(kept.keys().sort()).toEqual([...others].sort());
});
