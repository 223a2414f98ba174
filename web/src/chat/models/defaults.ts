import { createStore, isRecord } from '../../store';
import { sharedStorage, userKey } from '../deviceStorage';

/** What new chats start with. The API has no such setting, so the device keeps it until the user signs out. */
export interface Defaults {
  readonly instructions: string;
  /** Empty for the server's default model. */
  readonly model: string;
}

const noDefaults: Defaults = { instructions: '', model: '' };

export const defaultsStore = createStore<Defaults>(noDefaults);

let owner = '';

/** Opens the defaults of a user. */
export function openDefaults(userId: string): void {
  owner = userId;
  defaultsStore.set(parse(sharedStorage.get(key())));
}

export function setDefaults(defaults: Defaults): void {
  if (defaults.instructions || defaults.model) sharedStorage.set(key(), JSON.stringify(defaults));
  else sharedStorage.remove(key());
  defaultsStore.set(defaults);
}

/** Returns defaults that were stored. Invalid parts are empty. */
function parse(text: string | undefined): Defaults {
  try {
    const value: unknown = JSON.parse(text ?? '{}');
    if (!isRecord(value)) return noDefaults;
    const { instructions, model } = value;
    return { instructions: typeof instructions === 'string' ? instructions : '', model: typeof model === 'string' ? model : '' };
  } catch {
    return noDefaults;
  }
}

function key(): string {
  return userKey(owner, 'defaults');
}

// Another tab has changed the storage.
globalThis.addEventListener?.('storage', (event) => {
  if (owner && (event.key === null || event.key === key())) openDefaults(owner);
});
