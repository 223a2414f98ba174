import { expect, test } from 'vitest';
import { fragmentOf, operationIn } from './address';

const LOG_IN = 'mutation L($input: LogInInput!) { logIn(input: $input) { accessToken } }';

test('an operation is the same after it went through a link', () => {
  const operation = { query: 'query Q($a: Int) {\n  me { id } # & = % #\n}', variables: { a: 1, b: 'ä&=#' } };
  expect(operationIn(`#${fragmentOf(operation)}`)).toEqual(operation);
});

test('passwords and tokens do not go into a link', () => {
  const variables = { input: { email: 'a@b.c', password: 'hunter2' }, token: 'hunter2' };
  const fragment = fragmentOf({ query: LOG_IN, variables });
  expect(fragment).not.toContain('hunter2');
  expect(operationIn(fragment)?.variables).toEqual({ input: { email: 'a@b.c', password: '' }, token: '' });
  expect(fragmentOf({ query: 'mutation { logIn(input: { password: "hunter2" }) { x } }' })).not.toContain('hunter2');
});

test('a document that cannot be parsed or is too long makes no link', () => {
  expect(fragmentOf({ query: 'mutation { logIn(input: { password: "hunter2" }' })).toBe('');
  expect(fragmentOf({ query: '{ me { id } }', variables: { text: 'x'.repeat(16_000) } })).toBe('');
});

test('an invalid fragment is ignored, and so are invalid variables', () => {
  for (const hash of ['', '#', '#nonsense', '#variables={}']) expect(operationIn(hash)).toBeUndefined();
  expect(operationIn('#query=%7Bme%7D&variables=[1')).toEqual({ query: '{me}' });
  expect(operationIn('#query=%7Bme%7D&variables=[1]')).toEqual({ query: '{me}' });
});
