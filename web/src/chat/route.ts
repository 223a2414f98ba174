import { createStore } from '../store';

/** `/` is a new chat, `/c/<id>` an existing one. */
const CONVERSATION = /^\/c\/([^/]+)$/;

function read(): string | undefined {
  const name = CONVERSATION.exec(location.pathname)?.[1];
  try {
    return name && decodeURIComponent(name);
  } catch {
    return name; // invalid encoding: it will not be found
  }
}

/** The conversation in the address; `undefined` for a new chat. */
export const routeStore = createStore<string | undefined>(read());

addEventListener('popstate', () => routeStore.set(read()));

export function pathTo(conversation?: string): string {
  return conversation ? `/c/${encodeURIComponent(conversation)}` : '/';
}

export function open(conversation?: string, { replace = false } = {}): void {
  const path = pathTo(conversation);
  if (path !== location.pathname) history[replace ? 'replaceState' : 'pushState'](null, '', path);
  routeStore.set(conversation);
}
