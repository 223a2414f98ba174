import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { curlOf } from './curl';

const URL = 'http://127.0.0.1:8000/graphql';

/** Returns the arguments that a shell passes to the command. */
function argumentsOf(command: string, environment: Record<string, string> = {}): string[] {
  const script = `curl() { printf '%s\\0' "$@"; }\n${command}`;
  return execFileSync('sh', ['-c', script], { env: environment, encoding: 'utf8' }).split('\0').slice(0, -1);
}

function bodyOf(command: string, environment?: Record<string, string>) {
  const all = argumentsOf(command, environment);
  return JSON.parse(all[all.indexOf('--data-raw') + 1]!);
}

test('the command sends the operation, whatever characters need quoting', () => {
  const operation = { query: `query Q { node(id: "it's") { id } }`, variables: { text: `a'b"c\\d$HOME` }, operationName: 'Q' };
  const command = curlOf(URL, operation)!;
  expect(argumentsOf(command)).toContain(URL);
  const { query, variables, operationName } = bodyOf(command);
  expect(query.replace(/\s+/g, ' ')).toBe(operation.query);
  expect({ variables, operationName }).toEqual({ variables: operation.variables, operationName: 'Q' });
});

test('the token is a shell variable, and only present if it is needed', () => {
  const command = curlOf(URL, { query: '{ me { id } }' })!;
  expect(argumentsOf(command, { TOKEN: 'abc' })).toContain('authorization: Bearer abc');
  expect(curlOf(URL, { query: '{ models { id } }' })).not.toContain('authorization');
});

test('other secrets are shell variables too', () => {
  const query = 'mutation($input: LogInInput!) { logIn(input: $input) { accessToken } }';
  const command = curlOf(URL, { query, variables: { input: { email: 'a@b.c', password: 'hunter2' } } })!;
  expect(command).not.toContain('hunter2');
  expect(bodyOf(command, { PASSWORD: 'x' }).variables.input).toEqual({ email: 'a@b.c', password: 'x' });
});

test('a subscription is requested as Server-Sent Events', () => {
  const command = curlOf(URL, { query: 'subscription { changes { cursor } }' })!;
  expect(argumentsOf(command)).toEqual(expect.arrayContaining(['-sSN', 'accept: text/event-stream']));
});

test('an operation that cannot run is not copied', () => {
  expect(curlOf(URL, { query: '{ me {' })).toBeUndefined();
  expect(curlOf(URL, { query: 'query A { a } query B { b }' })).toBeUndefined();
});
