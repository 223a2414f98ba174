import assert from 'node:assert/strict';

/** Sends a request that accepts only Server-Sent Events. */
export function ask(server, { query, method = 'POST', token, accept = 'text/event-stream', signal, ...more }) {
  const headers = { accept, ...(token && { authorization: `Bearer ${token}` }) };
  if (method === 'GET') {
    const url = new URL(server.url);
    for (const [name, value] of Object.entries({ query, ...more })) {
      url.searchParams.set(name, typeof value === 'string' ? value : JSON.stringify(value));
    }
    return fetch(url, { headers, signal });
  }
  headers['content-type'] = 'application/json';
  return fetch(server.url, { method, headers, body: JSON.stringify({ query, ...more }), signal });
}

/** Parses a stream by the rules of the HTML standard ("Interpreting an event stream"). Yields events with their lines. */
export async function* events(response) {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let rest = '';
  let lines = [];
  for await (const chunk of response.body) {
    rest += decoder.decode(chunk, { stream: true });
    const parts = rest.split(/\r\n|\n|\r/);
    rest = parts.pop();
    for (const line of parts) {
      if (line !== '') {
        lines.push(line);
        continue;
      }
      const event = interpret(lines);
      lines = [];
      if (event) yield event;
    }
  }
  assert.equal(rest, '', 'the last line is complete');
  assert.deepEqual(lines, [], 'the last event is complete');
}

function interpret(lines) {
  const event = { lines };
  for (const line of lines) {
    if (line.startsWith(':')) continue;
    const [, name, value] = /^([^:]*)(?:: ?(.*))?$/s.exec(line);
    if (name === 'data') event.data = event.data === undefined ? (value ?? '') : `${event.data}\n${value ?? ''}`;
    else event[name] = value ?? '';
  }
  // A comment without fields only keeps the connection alive.
  return lines.every((line) => line.startsWith(':')) ? undefined : event;
}

/** Returns all events of a stream that ends. */
export async function all(response) {
  const found = [];
  for await (const event of events(response)) found.push(event);
  return found;
}

/** Returns the results of a stream: any number of `next` events, then `complete`. */
export async function results(response) {
  const found = await all(response);
  assert.equal(found.pop()?.event, 'complete');
  return found.map(({ event, data }) => {
    assert.equal(event, 'next');
    const result = JSON.parse(data);
    assert.ok('data' in result || Array.isArray(result.errors), data);
    return result;
  });
}
