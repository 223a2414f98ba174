// node examples.js: writes the examples into docs/clients.md, each after the comment with its file name.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = new URL('../../', import.meta.url);
export const page = new URL('docs/clients.md', root);

/** Returns the page with the current text of every example. */
export function withExamples(text) {
  return text.replace(/(<!-- (\S+) -->\n)(```[^]*?\n```\n)?/g, (_, comment, path) => {
    const source = readFileSync(new URL(path, root), 'utf8');
    return `${comment}\`\`\`${path.split('.').at(-1)}\n${source}\`\`\`\n`;
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(page, withExamples(readFileSync(page, 'utf8')));
