import { expect, test } from 'vitest';
import { removeUserData, sharedStorage } from '../deviceStorage';
import { defaultsStore, openDefaults, setDefaults } from './defaults';

const none = { instructions: '', model: '' };

test('defaults belong to a user, until they sign out', () => {
  openDefaults('ada');
  setDefaults({ instructions: 'Be brief.', model: 'echo' });
  openDefaults('bob');
  expect(defaultsStore.get()).toEqual(none);
  openDefaults('ada');
  expect(defaultsStore.get()).toEqual({ instructions: 'Be brief.', model: 'echo' });
  removeUserData('ada');
  openDefaults('ada');
  expect(defaultsStore.get()).toEqual(none);
});

test('empty defaults are not stored, and invalid ones ignored', () => {
  openDefaults('ada');
  setDefaults({ instructions: 'Be brief.', model: '' });
  setDefaults(none);
  expect(sharedStorage.keys()).toEqual([]);
  for (const text of ['{', 'null', '[]', '{"instructions":7,"model":{}}']) {
    sharedStorage.set('confab:defaults:ada:', text);
    openDefaults('ada');
    expect(defaultsStore.get()).toEqual(none);
  }
});
