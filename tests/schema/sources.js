import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));

/** Returns the text of a file of this project. */
export function read(path) {
  return readFileSync(join(root, path), 'utf8');
}

/** Returns the paths of the page's documents. */
export function documents() {
  const all = readdirSync(join(root, 'web/src'), { recursive: true }).filter((name) => name.endsWith('.graphql'));
  return all.sort().map((name) => join('web/src', name));
}
