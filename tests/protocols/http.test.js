// Audits of GraphQL over HTTP from the package graphql-http, and checks of request bodies by RFC 8259 and RFC 9110.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { serverAudits } from 'graphql-http';
import { Server } from './server.js';

let server;
before(async () => {
  server = await Server.start();
});
after(() => server.close());

/**
 * Audits that the server does not pass, each with its reason. A test fails if one of them passes, so that the list stays
 * correct.
 */
const NOT_PASSED = new Map(
  ['47DE', '80D8'].map((id) => [
    id,
    'The current draft requires application/graphql-response+json if the client accepts anything. The audit has the ' +
      'rule from before 2025, application/json.',
  ]),
);

describe('graphql-http: audits of GraphQL over HTTP', () => {
  const audits = serverAudits({ url: () => server.url });
  for (const { id, name, fn } of audits) {
    const reason = NOT_PASSED.get(id);
    test(`${id}: ${name}${reason ? ` (not passed: ${reason})` : ''}`, async () => {
      const { status, reason: fault } = await fn();
      if (reason) assert.notEqual(status, 'ok', 'It passes: remove it from the list.');
      else assert.equal(status, 'ok', fault);
    });
  }

  test('every audit on that list exists', () => {
    const known = audits.map(({ id }) => id);
    assert.deepEqual([...NOT_PASSED.keys()].filter((id) => !known.includes(id)), []);
    assert.ok(known.length > 50);
  });
});

describe('RFC 8259, RFC 9110: the body of a request', () => {
  const body = JSON.stringify({ query: '{ __typename }' });
  const post = (type, content) => fetch(server.url, { method: 'POST', headers: { 'content-type': type }, body: content });
  const types = [
    'application/json',
    'Application/JSON',
    'application/json; charset=utf-8',
    'application/json;charset=UTF-8',
    'application/json; charset="utf-8"',
    'application/json; charset=utf8',
    'application/json;',
    'application/json; charset=utf-8;',
    'application/json; profile="https://example.com/a;b"',
    'application/json; odata.metadata=minimal; charset=utf-8',
  ];
  for (const type of types) {
    test(`\`${type}\` is JSON`, async () => {
      const response = await post(type, body);
      assert.equal(response.status, 200);
      assert.deepEqual(await response.json(), { data: { __typename: 'Query' } });
    });
  }

  for (const type of ['text/plain', 'application/jsonx', 'application/json-seq', 'multipart/form-data; boundary=x']) {
    test(`\`${type}\` is not JSON`, async () => assert.equal((await post(type, body)).status, 415));
  }

  test('a byte order mark before the JSON is skipped', async () => {
    const response = await post('application/json', `\uFEFF${body}`);
    assert.equal(response.status, 200);
    assert.deepEqual(await response.json(), { data: { __typename: 'Query' } });
    assert.equal((await post('application/json', `\uFEFF\uFEFF${body}`)).status, 400, 'one only');
  });

  test('a declared `Content-Length` above the limit is refused at once, without waiting for the body', async () => {
    const socket = connect(server.port, '127.0.0.1');
    try {
      const head = ['POST /graphql HTTP/1.1', 'Host: 127.0.0.1', 'Content-Type: application/json', 'Content-Length: 100000000'];
      socket.write(`${head.join('\r\n')}\r\n\r\n`);
      let answer = '';
      // The server would wait 20 seconds for a body, and then respond with 408.
      for await (const text of socket.setEncoding('utf8')) {
        answer += text;
        if (answer.includes('\r\n')) break;
      }
      assert.match(answer, /^HTTP\/1\.1 413 /);
    } finally {
      socket.destroy();
    }
  });

  for (const extensions of ['text', 1, true, []]) {
    test(`\`extensions\` that are ${JSON.stringify(extensions)} are a bad request`, async () => {
      for (const type of ['application/json', 'application/graphql-response+json']) {
        const response = await fetch(server.url, {
          method: 'POST',
          headers: { 'content-type': 'application/json', accept: type },
          body: JSON.stringify({ query: '{ __typename }', extensions }),
        });
        assert.equal(response.status, 400, type);
      }
    });
  }
});
