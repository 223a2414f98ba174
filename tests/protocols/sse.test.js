// Report on graphql-sse in its distinct connections mode. Each check is named after the sentence of the protocol that it
// proves. The single connection mode is not supported.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Server } from './server.js';
import { all, ask, events, results } from './stream.js';

let server;
let ada;
before(async () => {
  server = await Server.start();
  ada = await server.register();
});
after(() => server.close());

const CHANGES = 'subscription { changes { __typename } }';
const REPLY = `subscription($id: ID!) { reply(messageId: $id) {
  __typename ... on ReplySnapshot { text } ... on ReplyDelta { text } ... on ReplyFinished { message { content } } } }`;

/** Requests that are refused before execution, each with the expected code. */
const REFUSED = [
  ['a document that does not parse', { query: '{' }, 'GRAPHQL_PARSE_FAILED'],
  ['an empty document', { query: '' }, undefined],
  ['an unknown field', { query: '{ nonsense }' }, 'GRAPHQL_VALIDATION_FAILED'],
  ['a subscription to an unknown field', { query: 'subscription { nonsense }' }, 'GRAPHQL_VALIDATION_FAILED'],
  ['a missing variable', { query: 'query($id: ID!) { node(id: $id) { id } }' }, undefined],
  ['a variable of the wrong type', { query: 'query($id: ID!) { node(id: $id) { id } }', variables: { id: [] } }, undefined],
  ['an unknown operation', { query: '{ __typename }', operationName: 'Nobody' }, undefined],
  ['several operations without a name', { query: 'query A { __typename } query B { __typename }' }, undefined],
  ['an unauthenticated subscription', { query: CHANGES }, 'UNAUTHENTICATED'],
];

describe('graphql-sse: Distinct connections mode', () => {
  test('Operation requests need to conform to the GraphQL over HTTP spec.', async () => {
    for (const method of ['POST', 'GET']) {
      const query = 'query Q($yes: Boolean!) { __typename @include(if: $yes) models @skip(if: $yes) { id } }';
      const response = await ask(server, { method, query, operationName: 'Q', variables: { yes: true }, extensions: {} });
      assert.deepEqual(await results(response), [{ data: { __typename: 'Query' } }], method);
    }
    const query = 'mutation { createConversation(input: {}) { conversation { id } } }';
    const [{ data }] = await results(await ask(server, { query, token: ada.token }));
    assert.match(data.createConversation.conversation.id, /^conversation_/);
    // GET must not change anything.
    const refused = await ask(server, { method: 'GET', query, token: ada.token });
    const text = await refused.text();
    assert.ok(refused.status === 405 || /"errors"/.test(text), `${refused.status} ${text}`);
    assert.doesNotMatch(text, /conversation_/);
  });

  test('The `Content-Type` MUST always be `text/event-stream` as per the Server-Sent Events spec.', async () => {
    const { reply } = await server.send(ada.token, 'hello');
    const requests = [{ query: '{ __typename }' }, { query: REPLY, variables: { id: reply }, token: ada.token }];
    for (const request of [...requests, ...REFUSED.map(([, request]) => request)]) {
      const response = await ask(server, request);
      assert.match(response.headers.get('content-type'), /^text\/event-stream(; ?charset=utf-8)?$/i, request.query);
      await response.body.cancel();
    }
  });

  for (const [what, request, code] of REFUSED) {
    for (const method of ['POST', 'GET']) {
      test(`Validation steps that run before execution of the GraphQL operation MUST report errors through an accepted SSE connection by emitting \`next\` events that contain the errors in the data field: ${what}, by ${method}.`, async () => {
        const response = await ask(server, { ...request, method });
        assert.equal(response.status, 200);
        const [result, ...more] = await results(response);
        assert.deepEqual(more, []);
        assert.ok(result.errors.length > 0 && result.errors.every(({ message }) => message), JSON.stringify(result));
        assert.ok(!result.data, 'nothing was executed');
        if (code) assert.equal(result.errors[0].extensions.code, code);
      });
    }
  }

  test('Streaming operations are terminated/completed by having the client simply close the SSE connection.', async () => {
    const small = await Server.start({ CONFAB_MAX_CONNECTIONS_PER_ADDRESS: '2' });
    try {
      const eve = await small.register();
      const closing = new AbortController();
      const stream = await ask(small, { query: CHANGES, token: eve.token, signal: closing.signal });
      const first = await events(stream).next();
      assert.equal(JSON.parse(first.value.data).data.changes.__typename, 'Reload');
      closing.abort();
      // The stream used one of two connections. Once it is closed, two others can be open.
      const open = [];
      for (const deadline = Date.now() + 20_000; open.length < 2; ) {
        assert.ok(Date.now() < deadline, 'the server does not notice that the client has gone');
        const response = await ask(small, { query: CHANGES, token: eve.token }).catch(() => undefined);
        if (response?.ok) open.push(response);
        else await response?.body.cancel();
      }
      for (const response of open) await response.body.cancel();
    } finally {
      await small.close();
    }
  });

  test('The execution result is streamed through the established SSE connection.', async () => {
    const closing = new AbortController();
    const stream = events(await ask(server, { query: CHANGES, token: ada.token, signal: closing.signal }));
    const nextEvent = async () => JSON.parse((await stream.next()).value.data).data.changes.__typename;
    assert.equal(await nextEvent(), 'Reload');
    for (let round = 0; round < 2; round++) {
      await server.createConversation(ada.token);
      assert.equal(await nextEvent(), 'ConversationCreated', 'events arrive while the stream is open');
    }
    closing.abort();
  });
});

describe('graphql-sse: Event stream', () => {
  test('To be interpreted as the event stream following the Server-Sent Events spec.', async () => {
    const content = 'first\nsecond\r\nthird: "ünïcödé" 🏃 data: x\n\nevent: complete';
    const { reply } = await server.send(ada.token, content);
    const found = await all(await ask(server, { query: REPLY, variables: { id: reply }, token: ada.token }));
    for (const { lines } of found) {
      for (const line of lines) assert.match(line, /^(event|data|id|retry)?:/, 'a field of the standard, or a comment');
    }
    const { reply: last } = JSON.parse(found.at(-2).data).data;
    const { node } = await server.data('query($id: ID!) { node(id: $id) { ... on Message { content } } }', { id: reply }, ada.token);
    assert.equal(last.message.content, node.content);
  });

  test('After all results have been emitted, the `complete` event will follow indicating stream completion.', async () => {
    const { reply } = await server.send(ada.token, 'one two three');
    const received = await results(await ask(server, { query: REPLY, variables: { id: reply }, token: ada.token }));
    assert.equal(received.at(-1).data.reply.message.content, 'one two three');
  });

  test('interface NextMessage { event: \'next\'; data: ExecutionResult; }', async () => {
    const [next] = await all(await ask(server, { query: '{ __typename }' }));
    assert.equal(next.event, 'next');
    assert.deepEqual(JSON.parse(next.data), { data: { __typename: 'Query' } });
  });

  test('interface CompleteMessage { event: \'complete\'; } Indicates that the requested operation execution has completed.', async () => {
    for (const query of ['{ __typename }', '{ nonsense }']) {
      const found = await all(await ask(server, { query }));
      assert.deepEqual(found.map(({ event }) => event), ['next', 'complete'], query);
    }
  });

  test('Include an empty `data: ` field when sending the message to a client that uses EventSource. If the field is omitted, the complete event won\'t trigger the listener.', async () => {
    for (const query of ['{ __typename }', '{ nonsense }']) {
      const complete = (await all(await ask(server, { query }))).at(-1);
      assert.ok(complete.lines.some((line) => /^data:? ?$/.test(line)), JSON.stringify(complete));
      assert.equal(complete.data, '');
    }
  });
});
