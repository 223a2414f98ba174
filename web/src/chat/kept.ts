/** Where the page keeps what must outlast it. */
export interface Kept {
  get: (key: string) => string | undefined;
  set: (key: string, value: string) => void;
  remove: (key: string) => void;
  keys: () => string[];
}

/**
 * The browser's storage; and where that has no more room, or is forbidden, the memory of this page: then a text lasts as
 * long as the page does, and everything else goes on as ever.
 */
function keptIn(open: () => Storage | null): Kept {
  const memory = new Map<string, string>();
  const storage = opened(open);
  return {
    get: (key) => memory.get(key) ?? storage?.getItem(key) ?? undefined,
    set(key, value) {
      memory.set(key, value);
      if (!storage) return;
      try {
        storage.setItem(key, value);
        memory.delete(key);
      } catch {
        // No room: what was stored before stays there, which is better than nothing after a refresh.
      }
    },
    remove(key) {
      memory.delete(key);
      storage?.removeItem(key);
    },
    keys: () => [...new Set([...Object.keys(storage ?? {}), ...memory.keys()])],
  };
}

function opened(open: () => Storage | null): Storage | undefined {
  try {
    return open() ?? undefined;
  } catch {
    return undefined; // forbidden: even to look at it throws
  }
}

/** Shared by all tabs of this browser. */
export const keptHere = keptIn(() => localStorage);

/** Of this tab alone. */
export const keptInTab = keptIn(() => sessionStorage);

/** Of this tab first, whatever others have under the same key; and a new tab finds what one before it has left. */
export const keptByTab: Pick<Kept, 'get' | 'set' | 'remove'> = {
  get: (key) => keptInTab.get(key) ?? keptHere.get(key),
  set(key, value) {
    keptInTab.set(key, value);
    keptHere.set(key, value);
  },
  remove(key) {
    // What another tab has put there since is not this one's to take away.
    const own = keptInTab.get(key);
    if (own === undefined || keptHere.get(key) === own) keptHere.remove(key);
    keptInTab.remove(key);
  },
};

/** The key of what is a user's own. */
export function keyOf(user: string, kind: string, name = ''): string {
  return `confab:${kind}:${user}:${name}`;
}

/** When a user signs out, nothing of theirs stays on the device. */
export function forgetUser(user: string): void {
  for (const kept of [keptHere, keptInTab]) {
    for (const key of kept.keys()) {
      if (key.startsWith('confab:') && key.split(':')[2] === user) kept.remove(key);
    }
  }
}
