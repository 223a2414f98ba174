/** Key-value storage that outlasts the page. */
export interface KeyValueStore {
  get: (key: string) => string | undefined;
  set: (key: string, value: string) => void;
  remove: (key: string) => void;
  keys: () => string[];
}

/**
 * Wraps a storage of the browser. If it is full or blocked, values are kept in memory instead, and so last only as long as
 * the page.
 */
function wrapStorage(open: () => Storage | null): KeyValueStore {
  const memory = new Map<string, string>();
  const storage = openStorage(open);
  return {
    get: (key) => memory.get(key) ?? storage?.getItem(key) ?? undefined,
    set(key, value) {
      memory.set(key, value);
      if (!storage) return;
      try {
        storage.setItem(key, value);
        memory.delete(key);
      } catch {
        // The storage is full. The older value stays there, which is better than nothing after a reload.
      }
    },
    remove(key) {
      memory.delete(key);
      storage?.removeItem(key);
    },
    keys: () => [...new Set([...Object.keys(storage ?? {}), ...memory.keys()])],
  };
}

function openStorage(open: () => Storage | null): Storage | undefined {
  try {
    return open() ?? undefined;
  } catch {
    return undefined; // blocked: reading the property throws
  }
}

/** Storage shared by all tabs of this browser. */
export const sharedStorage = wrapStorage(() => localStorage);

/** Storage of this tab only. */
export const tabStorage = wrapStorage(() => sessionStorage);

/** Storage of this tab first, then of all tabs. So a new tab finds what a closed one has left. */
export const tabFirstStorage: Pick<KeyValueStore, 'get' | 'set' | 'remove'> = {
  get: (key) => tabStorage.get(key) ?? sharedStorage.get(key),
  set(key, value) {
    tabStorage.set(key, value);
    sharedStorage.set(key, value);
  },
  remove(key) {
    // Keeps a value that another tab has stored since.
    const own = tabStorage.get(key);
    if (own === undefined || sharedStorage.get(key) === own) sharedStorage.remove(key);
    tabStorage.remove(key);
  },
};

/** Returns the storage key of a user's data. */
export function userKey(user: string, kind: string, name = ''): string {
  return `confab:${kind}:${user}:${name}`;
}

/** Removes everything that this device stores for a user, when they sign out. */
export function removeUserData(user: string): void {
  for (const kept of [sharedStorage, tabStorage]) {
    for (const key of kept.keys()) {
      if (key.startsWith('confab:') && key.split(':')[2] === user) kept.remove(key);
    }
  }
}
