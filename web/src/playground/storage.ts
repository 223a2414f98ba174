import { sharedStorage } from '../chat/deviceStorage';
import { isRecord } from '../store';
import { mayHoldSecrets, withoutSecrets } from './secrets';

const PREFIX = 'graphiql:';

/** Parts of a tab that GraphiQL stores a second time. They are needed only while the page is open. */
const PARTS = ['graphiql:query', 'graphiql:variables', 'graphiql:headers'];

const memory = new Map<string, string>();

/** Storage for GraphiQL's tabs, history and settings: everything in memory, and everything but secrets on the device. */
export const storage = {
  getItem: (key: string) => memory.get(key) ?? (PARTS.includes(key) ? null : (sharedStorage.get(key) ?? null)),
  setItem(key: string, value: string) {
    memory.set(key, value);
    if (!PARTS.includes(key)) sharedStorage.set(key, forDisk(value));
  },
  removeItem(key: string) {
    memory.delete(key);
    sharedStorage.remove(key);
  },
  clear() {
    for (const key of ownKeys()) storage.removeItem(key);
  },
  get length() {
    return ownKeys().length;
  },
};

function ownKeys(): string[] {
  return [...new Set([...memory.keys(), ...sharedStorage.keys()])].filter((key) => key.startsWith(PREFIX));
}

/** Removes secrets from a value that GraphiQL stores: a setting as one word, or operations (tabs, history) as JSON. */
export function forDisk(value: string): string {
  try {
    return JSON.stringify(JSON.parse(value), (_key, part: unknown) => (isRecord(part) && 'query' in part ? stripped(part) : part));
  } catch {
    return value;
  }
}

function stripped(tab: Record<string, unknown>): Record<string, unknown> {
  const query = typeof tab.query === 'string' ? tab.query : '';
  const text = typeof tab.variables === 'string' ? tab.variables : '';
  let variables: unknown;
  try {
    variables = JSON.parse(text);
  } catch {
    // Incomplete, or with comments.
  }
  if (!isRecord(variables)) {
    return { ...tab, query: withoutSecrets({ query }, () => '').query, variables: mayHoldSecrets(text) ? '' : tab.variables };
  }
  const safe = withoutSecrets({ query, variables }, () => '');
  const same = JSON.stringify(safe.variables) === JSON.stringify(variables);
  return { ...tab, query: safe.query, variables: same ? text : JSON.stringify(safe.variables, null, 2) };
}
