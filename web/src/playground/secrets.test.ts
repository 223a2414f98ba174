import { expect, test } from 'vitest';
import { withoutSecrets } from './secrets';

const hidden = (query: string, variables?: Record<string, unknown>) =>
  withoutSecrets({ query, variables }, (name) => `<${name}>`);

test('secrets are recognized by the names of variables and of their fields', () => {
  const variables = { input: { email: 'a@b.c', password: 'hunter2' }, refreshToken: 'hunter2', apiKeys: ['hunter2'] };
  const safe = hidden('query { me { id } }', variables);
  expect(safe.variables).toEqual({
    input: { email: 'a@b.c', password: '<password>' },
    refreshToken: '<refreshToken>',
    apiKeys: ['<apiKeys>'],
  });
});

test('a variable used in place of a secret is a secret, whatever its name', () => {
  const query = 'mutation ($e: String!, $p: String!) { logIn(input: { email: $e, password: $p }) { accessToken } }';
  expect(hidden(query, { e: 'a@b.c', p: 'hunter2' }).variables).toEqual({ e: 'a@b.c', p: '<p>' });
});

test('secret strings in the document are replaced, and nothing else', () => {
  const query = `mutation M($token: String = "hunter2") {
  # keep me
  logIn(input: { email: "a@b.c", password: """hunter2""" }) { accessToken }
}`;
  expect(hidden(query).query).toBe(query.replace('"hunter2")', '"<token>")').replace('"""hunter2"""', '"<password>"'));
});

test('tokens are recognized by their form, anywhere', () => {
  const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl';
  const safe = hidden(`{ node(id: "${jwt}") { id } } # confab_pat_abc-1`, { note: `see confab_refresh_x1 and ${jwt}` });
  expect(safe.query).toBe('{ node(id: "<token>") { id } } # <token>');
  expect(safe.variables).toEqual({ note: 'see <token> and <token>' });
});

test('everything else stays unchanged', () => {
  const operation = {
    query: 'query($after: String) { me { conversations(after: $after) { nodes { id } } } }',
    variables: { after: 'abc', first: 3, none: null, key: 'x' },
  };
  expect(withoutSecrets(operation, () => '')).toEqual(operation);
});
