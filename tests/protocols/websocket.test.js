// Report on graphql-transport-ws. Each check is named after the sentence of the protocol that it proves.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Server } from './server.js';
import { Socket } from './socket.js';

let server;
let ada;
before(async () => {
  server = await Server.start();
  ada = await server.register();
});
after(() => server.close());

const CHANGES = 'subscription { changes { __typename cursor } }';
const QUERY = '{ __typename }';

/** Sends a message on a new socket, or on one that is ready, and returns how the socket was closed. */
async function closedBy(message, isReady = true) {
  const socket = isReady ? await Socket.ready(server, ada.token) : await Socket.open(server);
  socket.send(message);
  return socket.closed();
}

/** Checks that a message closes the socket: the ping after it is not answered. */
async function isInvalid(message, isReady = true) {
  const socket = isReady ? await Socket.ready(server, ada.token) : await Socket.open(server);
  socket.send(message);
  const { code, reason } = await socket.closedBeforePong();
  assert.equal(code, 4400, `${JSON.stringify(message)}: ${reason}`);
}

/** Subscribes to changes. The first event shows that the subscription has started. */
async function followChanges(socket, id) {
  socket.subscribe(id, CHANGES);
  const first = await socket.receive();
  assert.deepEqual([first.id, first.type, first.payload.data.changes.__typename], [id, 'next', 'Reload']);
}

/** Returns the messages of one operation, up to its end. */
async function toTheEnd(socket, id) {
  const received = [];
  for (;;) {
    const message = await socket.receive();
    assert.equal(message.id, id);
    received.push(message);
    if (message.type !== 'next') return received;
  }
}

describe('graphql-transport-ws: Communication', () => {
  test('The WebSocket sub-protocol for this specification is: `graphql-transport-ws`.', async () => {
    const socket = await Socket.open(server);
    assert.equal(socket.raw.protocol, 'graphql-transport-ws');
    await socket.close();
    const other = await Socket.open(server, 'graphql-ws').then(
      async (socket) => (await socket.closed()).code,
      (error) => error.message,
    );
    assert.ok(other === 4406 || /400|subprotocol/.test(other), `${other}`);
  });

  test('Messages are represented through the JSON structure and are stringified before being sent over the network.', async () => {
    for (const text of ['', 'hello', '{', '{"type":"ping"', '{"type":"ping"} {}']) await isInvalid(text);
    const socket = await Socket.ready(server);
    socket.raw.send(Buffer.from(JSON.stringify({ type: 'ping' })), { binary: true });
    assert.equal((await socket.closed()).code, 4400);
  });

  test('They are bidirectional, meaning both the server and the client must conform to the specified message structure.', async () => {
    for (const message of ['null', '[]', '1', '"ping"', '[{"type":"ping"}]']) await isInvalid(message);
  });

  test('All messages contain the `type` field outlining the action this message describes.', async () => {
    for (const message of [{}, { id: '1' }, { type: null }, { type: 1 }, { id: '1', payload: { query: QUERY } }]) {
      await isInvalid(message);
    }
  });

  test('Messages corresponding to operations must contain the `id` field used for uniquely identifying server responses and connecting them with the client\'s requests.', async () => {
    await isInvalid({ type: 'subscribe', payload: { query: QUERY } });
    await isInvalid({ type: 'complete' });
    const socket = await Socket.ready(server);
    for (const id of ['1', 'a b', 'ünïcödé', crypto.randomUUID()]) {
      socket.subscribe(id, QUERY);
      await toTheEnd(socket, id);
    }
    await socket.close();
  });

  test('Multiple operations identified with separate IDs can be active at any time and their messages can be interleaved on the connection.', async () => {
    const socket = await Socket.ready(server, ada.token);
    await followChanges(socket, 'a');
    await followChanges(socket, 'b');
    socket.subscribe('c', QUERY);
    await toTheEnd(socket, 'c');
    for (let round = 0; round < 2; round++) {
      await server.createConversation(ada.token);
      const received = [await socket.receive(), await socket.receive()];
      assert.deepEqual(received.map(({ id }) => id).sort(), ['a', 'b']);
    }
    await socket.close();
  });

  test('The server can close the socket (kick the client off) at any time. The close event dispatched by the server is used to describe the fatal error to the client.', async () => {
    const socket = await Socket.ready(server, ada.token);
    await followChanges(socket, '1');
    socket.send({ type: 'nonsense' });
    const { code, reason } = await socket.closed();
    assert.equal(code, 4400);
    assert.notEqual(reason, '');
  });

  test('The client closes the socket and the connection by dispatching a `1000: Normal Closure` close event to the server indicating a normal closure.', async () => {
    const idle = await Socket.ready(server);
    assert.equal((await idle.close()).code, 1000);
    const busy = await Socket.ready(server, ada.token);
    await followChanges(busy, '1');
    assert.equal((await busy.close()).code, 1000);
    const early = await Socket.open(server);
    assert.equal((await early.close()).code, 1000);
  });
});

describe('graphql-transport-ws: ConnectionInit', () => {
  test('If the client does not request a connection within the allowed timeout, the server will close the socket with the event: `4408: Connection initialisation timeout`.', async () => {
    // The timeout is 10 s.
    const socket = await Socket.open(server);
    // Messages other than `connection_init` do not count.
    socket.send({ type: 'ping' });
    assert.deepEqual(await socket.closed(), { code: 4408, reason: 'Connection initialisation timeout' });
  });

  test('If the server receives more than one `ConnectionInit` message at any given time, the server will close the socket with the event `4429: Too many initialisation requests`.', async () => {
    const expected = { code: 4429, reason: 'Too many initialisation requests' };
    assert.deepEqual(await closedBy({ type: 'connection_init' }), expected);
    const socket = await Socket.open(server);
    for (let i = 0; i < 2; i++) socket.send({ type: 'connection_init' });
    assert.deepEqual(await socket.closed(), expected);
  });

  test('If the server wishes to reject the connection, for example during authentication, it is recommended to close the socket with `4403: Forbidden`.', async () => {
    const { code } = await closedBy({ type: 'connection_init', payload: { authorization: 'Bearer nonsense' } }, false);
    assert.equal(code, 4403);
  });

  test('interface ConnectionInitMessage { type: \'connection_init\'; payload?: Record<string, unknown> | null; }', async () => {
    for (const payload of [undefined, null, {}, { anything: [1, null] }]) {
      const socket = await Socket.open(server);
      socket.send({ type: 'connection_init', payload });
      assert.equal((await socket.receive()).type, 'connection_ack');
      await socket.close();
    }
    for (const payload of ['text', 1, true, [], [{}]]) await isInvalid({ type: 'connection_init', payload }, false);
  });
});

describe('graphql-transport-ws: ConnectionAck', () => {
  test('Expected response to the `ConnectionInit` message from the client acknowledging a successful connection with the server.', async () => {
    const socket = await Socket.open(server);
    assert.deepEqual(await socket.settle(), [], 'no message comes before `connection_init`');
    socket.send({ type: 'connection_init', payload: { authorization: `Bearer ${ada.token}` } });
    const received = await socket.settle();
    assert.deepEqual(received.map(({ type }) => type), ['connection_ack']);
    await socket.close();
  });

  test('The client is now ready to request subscription operations.', async () => {
    const socket = await Socket.ready(server, ada.token);
    await followChanges(socket, '1');
    await socket.close();
  });
});

for (const type of ['ping', 'pong']) {
  const name = type === 'ping' ? 'Ping' : 'Pong';
  describe(`graphql-transport-ws: ${name}`, () => {
    if (type === 'ping') {
      test('A `Pong` must be sent in response from the receiving party as soon as possible.', async () => {
        const socket = await Socket.ready(server, ada.token);
        await followChanges(socket, '1');
        for (let i = 0; i < 3; i++) {
          socket.send({ type: 'ping' });
          assert.equal((await socket.receive()).type, 'pong');
        }
        await socket.close();
      });
    } else {
      test('Furthermore, the `Pong` message may even be sent unsolicited as an unidirectional heartbeat.', async () => {
        const socket = await Socket.ready(server);
        for (let i = 0; i < 3; i++) socket.send({ type: 'pong' });
        assert.deepEqual(await socket.settle(), []);
        await socket.close();
      });
    }

    test(`The \`${name}\` message can be sent at any time within the established socket.`, async () => {
      const socket = await Socket.open(server);
      socket.send({ type });
      if (type === 'ping') assert.equal((await socket.receive()).type, 'pong');
      socket.send({ type: 'connection_init' });
      assert.equal((await socket.receive()).type, 'connection_ack');
      socket.send({ type });
      if (type === 'ping') assert.equal((await socket.receive()).type, 'pong');
      assert.deepEqual(await socket.settle(), []);
      await socket.close();
    });

    test(`The optional \`payload\` field can be used to transfer additional details about the ${type}.`, async () => {
      const socket = await Socket.ready(server);
      for (const payload of [undefined, null, {}, { details: [1] }]) {
        socket.send({ type, payload });
        if (type === 'ping') assert.equal((await socket.receive()).type, 'pong');
      }
      assert.deepEqual(await socket.settle(), []);
      await socket.close();
      for (const payload of ['text', 1, true, []]) await isInvalid({ type, payload });
    });
  });
}

describe('graphql-transport-ws: Subscribe', () => {
  test('This message provides a unique ID field to connect published messages to the operation requested by this message.', async () => {
    const socket = await Socket.ready(server);
    socket.subscribe('one', QUERY);
    socket.subscribe('two', '{ models { id } }');
    const payloads = new Map();
    for (let open = 2; open > 0; ) {
      const { id, type, payload } = await socket.receive();
      if (type === 'complete') open--;
      else payloads.set(id, payload);
    }
    assert.deepEqual(payloads.get('one'), { data: { __typename: 'Query' } });
    assert.ok(payloads.get('two').data.models.length > 0);
    await socket.close();
  });

  test('If there is already an active subscriber for an operation matching the provided ID, regardless of the operation type, the server must close the socket immediately with the event `4409: Subscriber for <unique-operation-id> already exists`.', async () => {
    for (const query of [CHANGES, QUERY, 'mutation { __typename }']) {
      const socket = await Socket.ready(server, ada.token);
      await followChanges(socket, 'taken');
      socket.subscribe('taken', query);
      assert.deepEqual(await socket.closed(), { code: 4409, reason: 'Subscriber for taken already exists' });
    }
  });

  test('The server needs only keep track of IDs for as long as the subscription is active. Once a client completes an operation, it is free to re-use that ID.', async () => {
    const socket = await Socket.ready(server, ada.token);
    for (let i = 0; i < 3; i++) {
      await followChanges(socket, 'again');
      socket.send({ id: 'again', type: 'complete' });
    }
    for (let i = 0; i < 3; i++) {
      socket.subscribe('again', QUERY);
      await toTheEnd(socket, 'again');
    }
    await socket.close();
  });

  test('interface SubscribeMessage { id: \'<unique-operation-id>\'; type: \'subscribe\'; payload: { operationName?: string | null; query: string; variables?: Record<string, unknown> | null; extensions?: Record<string, unknown> | null; }; }', async () => {
    const socket = await Socket.ready(server);
    for (const name of ['operationName', 'variables', 'extensions']) {
      socket.subscribe('1', QUERY, { [name]: null });
      assert.deepEqual((await toTheEnd(socket, '1')).map(({ type }) => type), ['next', 'complete']);
    }
    await socket.close();
    const good = { id: '1', type: 'subscribe', payload: { query: QUERY } };
    for (const id of ['', null, 1, {}, []]) await isInvalid({ ...good, id });
    for (const payload of [undefined, null, 'text', 1, []]) await isInvalid({ ...good, payload });
    for (const query of [undefined, null, 1, {}]) await isInvalid({ ...good, payload: { query } });
    for (const operationName of [1, {}, []]) await isInvalid({ ...good, payload: { query: QUERY, operationName } });
    for (const name of ['variables', 'extensions']) {
      for (const value of ['text', 1, []]) await isInvalid({ ...good, payload: { query: QUERY, [name]: value } });
    }
  });

  test('Executing operations is allowed only after the server has acknowledged the connection through the `ConnectionAck` message, if the connection is not acknowledged, the socket will be closed immediately with the event `4401: Unauthorized`.', async () => {
    const { code } = await closedBy({ id: '1', type: 'subscribe', payload: { query: QUERY } }, false);
    assert.equal(code, 4401);
  });
});

describe('graphql-transport-ws: Next, Error, Complete', () => {
  test('Operation execution result(s) from the source stream created by the binding `Subscribe` message. After all results have been emitted, the `Complete` message will follow indicating stream completion.', async () => {
    const { reply } = await server.send(ada.token, 'one two three');
    const socket = await Socket.ready(server, ada.token);
    const fields = '__typename ... on ReplySnapshot { text } ... on ReplyDelta { text } ... on ReplyFinished { message { content } }';
    socket.subscribe('1', `subscription($id: ID!) { reply(messageId: $id) { ${fields} } }`, { variables: { id: reply } });
    const received = await toTheEnd(socket, '1');
    const events = received.slice(0, -1).map(({ payload }) => payload.data.reply);
    assert.equal(received.at(-1).type, 'complete');
    assert.equal(events.at(-1).message.content, 'one two three');
    assert.deepEqual(await socket.settle(), [], 'nothing follows');
    await socket.close();
  });

  test('Operation execution error(s) in response to the `Subscribe` message. This can occur before execution starts, usually due to validation errors, or during the execution of the request. This message terminates the operation and no further messages will be sent.', async () => {
    const socket = await Socket.ready(server, ada.token);
    const refused = [
      ['{', {}],
      ['{ nonsense }', {}],
      ['query A { __typename } query B { __typename }', {}],
      [QUERY, { operationName: 'Nobody' }],
      ['query($n: Int!) { __typename @include(if: true) me { conversations(first: $n) { totalCount } } }', {}],
      ['subscription { nonsense }', {}],
    ];
    for (const [query, more] of refused) {
      socket.subscribe('1', query, more);
      const { id, type, payload } = await socket.receive();
      assert.deepEqual([id, type], ['1', 'error'], query);
      assert.equal(typeof payload[0].extensions.code, 'string', query);
      assert.deepEqual(await socket.settle(), [], query);
    }
    await socket.close();
  });

  test('If the server dispatched the `Error` message relative to the original `Subscribe` message, no `Complete` message will be emitted.', async () => {
    const socket = await Socket.ready(server);
    socket.subscribe('1', '{ nonsense }');
    assert.equal((await socket.receive()).type, 'error');
    // The ID is free. If a `complete` for the first operation followed, it would come before this one's.
    socket.subscribe('1', QUERY);
    assert.deepEqual((await toTheEnd(socket, '1')).map(({ type }) => type), ['next', 'complete']);
    await socket.close();
  });

  test('Client -> Server indicates that the client has stopped listening and wants to complete the subscription. No further events, relevant to the original subscription, should be sent through.', async () => {
    const socket = await Socket.ready(server, ada.token);
    await followChanges(socket, 'left');
    await followChanges(socket, 'stays');
    socket.send({ id: 'left', type: 'complete' });
    assert.deepEqual(await socket.settle(), [], 'it gets no answer');
    for (let i = 0; i < 3; i++) {
      await server.createConversation(ada.token);
      assert.equal((await socket.receive()).id, 'stays');
    }
    assert.deepEqual(await socket.settle(), []);
    await socket.close();
  });

  test('Even if the client sent a `Complete` message for a single-result-operation before it resolved, the result should not be sent through once it does.', async () => {
    const socket = await Socket.ready(server);
    const { email, password } = ada;
    // Verifying a password takes the server some time.
    const query = 'mutation($input: LogInInput!) { logIn(input: $input) { expiresIn } }';
    socket.subscribe('left', query, { variables: { input: { email, password } } });
    socket.send({ id: 'left', type: 'complete' });
    socket.subscribe('stays', query, { variables: { input: { email, password } } });
    assert.deepEqual((await toTheEnd(socket, 'stays')).map(({ type }) => type), ['next', 'complete']);
    assert.deepEqual(await socket.settle(), []);
    await socket.close();
  });

  test('Both client and server must therefore be prepared to receive (and ignore) messages for operations that they consider already completed.', async () => {
    const socket = await Socket.ready(server);
    for (const query of [QUERY, '{ nonsense }']) {
      socket.subscribe('1', query);
      await toTheEnd(socket, '1');
      for (let i = 0; i < 2; i++) socket.send({ id: '1', type: 'complete' });
    }
    assert.deepEqual(await socket.settle(), []);
    await socket.close();
  });
});

describe('graphql-transport-ws: Invalid message', () => {
  test('Receiving a message of a type or format which is not specified in this document will result in an immediate socket closure with the event `4400: <error-message>`.', async () => {
    for (const type of ['', 'PING', 'start', 'stop', 'connection_terminate', 'ka']) await isInvalid({ type });
    for (const isReady of [true, false]) await isInvalid({ type: 'nonsense' }, isReady);
    // Messages that only a server sends.
    await isInvalid({ type: 'connection_ack' });
    await isInvalid({ id: '1', type: 'next', payload: { data: null } });
    await isInvalid({ id: '1', type: 'error', payload: [{ message: 'x' }] });
    for (const id of ['', null, 1, {}]) await isInvalid({ id, type: 'complete' });
  });

  test('It is permissable to simply ignore all unknown IDs without closing the connection.', async () => {
    const socket = await Socket.ready(server);
    socket.send({ id: 'never', type: 'complete' });
    assert.deepEqual(await socket.settle(), []);
    await socket.close();
  });

  test('(Not part of the document:) a lone surrogate, which JSON allows and UTF-8 does not, is an error of its operation, and the socket stays open', async () => {
    const socket = await Socket.ready(server, ada.token);
    await followChanges(socket, '1');
    socket.send('{"id":"2","type":"subscribe","payload":{"query":"{ __typename }","variables":{"a":"\\ud800"}}}');
    const { id, type, payload } = await socket.receive();
    assert.deepEqual([id, type], ['2', 'error']);
    assert.equal(payload[0].extensions.code, 'BAD_USER_INPUT');
    assert.deepEqual(await socket.settle(), []);
    await socket.close();
  });
});

describe('graphql-transport-ws: Examples', () => {
  test('Server optionally checks if the operation is valid before starting executing it, e.g. checking permissions. If not valid, the server sends an `Error` message and deems the operation complete.', async () => {
    const socket = await Socket.ready(server);
    socket.subscribe('1', CHANGES);
    const [{ type, payload }] = await toTheEnd(socket, '1');
    assert.deepEqual([type, payload[0].extensions.code], ['error', 'UNAUTHENTICATED']);
    await socket.close();
  });

  test('A single result operation is identical to a streaming operation except that at most one `Next` message is sent.', async () => {
    const socket = await Socket.ready(server, ada.token);
    for (const query of ['{ me { email } }', 'mutation { createConversation(input: {}) { conversation { id } } }']) {
      socket.subscribe('1', query);
      assert.deepEqual((await toTheEnd(socket, '1')).map(({ type }) => type), ['next', 'complete']);
    }
    assert.deepEqual(await socket.settle(), []);
    await socket.close();
  });

  test('It shares the same name-space for IDs as streaming operations and can be multiplexed with other operations on the connection.', async () => {
    const socket = await Socket.ready(server, ada.token);
    await followChanges(socket, '1');
    socket.subscribe('2', QUERY);
    await toTheEnd(socket, '2');
    socket.subscribe('1', QUERY);
    assert.equal((await socket.closed()).code, 4409);
  });
});
