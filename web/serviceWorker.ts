import { createHash } from 'node:crypto';
import type { Plugin, Rolldown } from 'vite';

const SOURCE = 'src/serviceWorker/main.ts';
const WORKER = 'service-worker.js';
const PAGE = 'index.html';

/**
 * Builds the chat page's service worker as `/service-worker.js`, and inserts the list of files that the page can load. The
 * page's version is a hash of their names, which change with their content, and of its HTML.
 */
export function serviceWorker(): Plugin {
  return {
    name: 'service-worker',
    apply: 'build',
    enforce: 'post',
    config: () => ({
      build: {
        rolldownOptions: {
          input: [SOURCE],
          output: { entryFileNames: ({ facadeModuleId }) => (facadeModuleId?.endsWith(SOURCE) ? WORKER : 'assets/[name]-[hash].js') },
        },
      },
    }),
    generateBundle(_options, bundle) {
      const worker = bundle[WORKER];
      const html = bundle[PAGE];
      if (worker?.type !== 'chunk' || html?.type !== 'asset') throw new Error('The chat page has not been built.');
      const files = filesOf(html, bundle);
      const version = createHash('sha256').update(files.join()).update(html.source).digest('base64url').slice(0, 12);
      worker.code = `const BUILT=${JSON.stringify({ version, files })};${worker.code}`;
    },
  };
}

/** Returns the files that the page's HTML refers to, and all files that these load at any time. */
function filesOf(html: Rolldown.OutputAsset, bundle: Rolldown.OutputBundle): string[] {
  const named = [...String(html.source).matchAll(/(?:src|href)="\/(assets\/[^"]+)"/g)].map((match) => match[1]!);
  const found = new Set<string>();
  const add = (name: string) => {
    if (found.has(name)) return;
    found.add(name);
    const chunk = bundle[name];
    if (chunk?.type === 'chunk') loadedBy(chunk).forEach(add);
  };
  named.forEach(add);
  return [...found].map((name) => `/${name}`).sort();
}

function loadedBy({ imports, dynamicImports, viteMetadata }: Rolldown.OutputChunk): string[] {
  return [...imports, ...dynamicImports, ...(viteMetadata?.importedCss ?? []), ...(viteMetadata?.importedAssets ?? [])];
}
