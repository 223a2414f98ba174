import { expect, test } from 'vitest';
import { forDisk } from './storage';

test('values that GraphiQL stores on the device contain no secrets', () => {
  const query = 'mutation R($input: RegisterInput!) { register(input: $input) { accessToken } }';
  const tab = { id: '1', title: 'R', query, variables: '{"input":{"email":"a@b.c","password":"hunter2"}}' };
  const stored = JSON.parse(forDisk(JSON.stringify({ tabs: [tab], activeTabIndex: 0 })));
  expect(JSON.parse(stored.tabs[0].variables)).toEqual({ input: { email: 'a@b.c', password: '' } });
  expect(stored.tabs[0]).toMatchObject({ id: '1', title: 'R', query });
  expect(forDisk(JSON.stringify({ queries: [tab] }))).not.toContain('hunter2');
});

test('unreadable variables that may contain a secret are not stored', () => {
  const kept = (variables: string) => JSON.parse(forDisk(JSON.stringify({ tabs: [{ query: '{', variables }] }))).tabs[0].variables;
  expect(kept('{ "password": "hunter2"')).toBe('');
  expect(kept('{ "first": ')).toBe('{ "first": ');
});

test('everything else is stored unchanged', () => {
  const tabs = JSON.stringify({ tabs: [{ query: '{ me { id } }', variables: '{ "first":3 }', headers: null }], activeTabIndex: 0 });
  expect(forDisk(tabs)).toBe(tabs);
  expect(forDisk('dark')).toBe('dark');
});
