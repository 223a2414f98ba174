import { readFile } from 'node:fs/promises';
import type { HtmlTagDescriptor, Plugin } from 'vite';

const SOURCE = 'src/chat/ui/early.js';

/**
 * Puts a small script before everything else in the chat page's head. It is a file of its own, for the policy of our pages
 * lets none run that stands in them, and it is no module, for modules wait until the page is read.
 */
export function earlyScript(): Plugin {
  let building = false;
  return {
    name: 'early-script',
    configResolved(config) {
      building = config.command === 'build';
    },
    async buildStart() {
      if (building) this.emitFile({ type: 'asset', name: 'early.js', source: await readFile(SOURCE, 'utf8') });
    },
    transformIndexHtml: {
      order: 'post',
      handler(_html, { path, bundle }): HtmlTagDescriptor[] {
        if (!path.endsWith('/index.html')) return [];
        const built = Object.values(bundle ?? {}).find((file) => file.type === 'asset' && file.names.includes('early.js'));
        return [{ tag: 'script', attrs: { src: `/${built?.fileName ?? SOURCE}` }, injectTo: 'head-prepend' }];
      },
    },
  };
}
