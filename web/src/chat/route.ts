import { createStore } from '../store';

/** `/` is a conversation yet to begin, `/c/<id>` one that has. */
const CONVERSATION = /^\/c\/([^/]+)$/;

function read(): string | undefined {
  const name = CONVERSATION.exec(location.pathname)?.[1];
  try {
    return name && decodeURIComponent(name);
  } catch {
    return name; // no address of ours: it will not be found
  }
}

/** The conversation that the address names. */
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
