import assert from 'node:assert/strict';
import { WebSocket } from 'ws';

/** Timeout for a message, in milliseconds. */
const TIMEOUT = 20_000;

/** A WebSocket that speaks the subprotocol by hand. It checks the form of each message from the server. */
export class Socket {
  #arrived = [];
  #waiting = [];

  static async open(server, subprotocol = 'graphql-transport-ws') {
    const socket = new Socket();
    const raw = new WebSocket(server.url.replace('http', 'ws'), subprotocol);
    socket.raw = raw;
    raw.on('message', (data, isBinary) => socket.#deliver({ text: data.toString(), isBinary }));
    raw.on('close', (code, reason) => socket.#deliver({ closed: code, reason: reason.toString() }));
    await new Promise((resolve, reject) => raw.once('open', resolve).once('error', reject));
    raw.on('error', () => {});
    return socket;
  }

  /** Opens a socket that is ready for operations. */
  static async ready(server, token = undefined) {
    const socket = await Socket.open(server);
    socket.send({ type: 'connection_init', payload: token && { authorization: `Bearer ${token}` } });
    assert.equal((await socket.receive()).type, 'connection_ack');
    return socket;
  }

  send(message) {
    this.raw.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  subscribe(id, query, more = {}) {
    this.send({ id, type: 'subscribe', payload: { query, ...more } });
  }

  /** Waits for the next message. */
  async receive() {
    const { text, isBinary, closed, reason } = await this.#next();
    assert.equal(closed, undefined, `the server has closed the socket: ${reason}`);
    assert.equal(isBinary, false, 'a message is a text');
    const message = JSON.parse(text);
    checkForm(message);
    // The server pings the client by itself. Such a ping is not a response.
    return message.type === 'ping' ? this.receive() : message;
  }

  /** Sends a ping, and returns all messages that arrive before its pong. */
  async settle() {
    this.send({ type: 'ping' });
    const received = [];
    for (;;) {
      const message = await this.receive();
      if (message.type === 'pong') return received;
      received.push(message);
    }
  }

  /** Waits until the socket is closed, and skips messages before that. Returns how it was closed. */
  async closed() {
    for (;;) {
      const { closed, reason } = await this.#next();
      if (closed !== undefined) return { code: closed, reason };
    }
  }

  /** Returns how earlier messages have closed the socket: a ping that is sent now gets no pong. */
  async closedBeforePong() {
    this.send({ type: 'ping' });
    for (;;) {
      const { closed, reason, text } = await this.#next();
      if (closed !== undefined) return { code: closed, reason };
      if (JSON.parse(text).type === 'pong') return { code: undefined, reason: 'the socket goes on' };
    }
  }

  async close() {
    this.raw.close(1000);
    return this.closed();
  }

  #deliver(event) {
    const waiting = this.#waiting.shift();
    if (waiting) waiting(event);
    else this.#arrived.push(event);
  }

  #next() {
    const event = this.#arrived.shift();
    if (event) return event;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('no message from the server')), TIMEOUT);
      this.#waiting.push((event) => {
        clearTimeout(timer);
        resolve(event);
      });
    });
  }
}

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const isPayload = (value) => value === undefined || value === null || isObject(value);
const isId = (value) => typeof value === 'string' && value !== '';

/** The messages that a server may send, as the protocol's interfaces define them. */
const FORMS = {
  connection_ack: { payload: isPayload },
  ping: { payload: isPayload },
  pong: { payload: isPayload },
  next: { id: isId, payload: (value) => isObject(value) && (isObject(value.data) || value.data === null || isErrors(value.errors)) },
  error: { id: isId, payload: isErrors },
  complete: { id: isId },
};

function isErrors(value) {
  return Array.isArray(value) && value.length > 0 && value.every((error) => typeof error.message === 'string');
}

function checkForm(message) {
  const text = JSON.stringify(message);
  const form = FORMS[message.type];
  assert.ok(form, `no server sends ${text}`);
  for (const [name, fits] of Object.entries(form)) assert.ok(fits(message[name]), `${name} of ${text}`);
  for (const name of Object.keys(message)) assert.ok(name === 'type' || name in form, `${name} of ${text}`);
}
