import { readFile } from 'node:fs/promises';
import type { HtmlTagDescriptor, Plugin } from 'vite';

const SOURCE = 'src/chat/ui/early.js';

/**
 * Puts a small script at the start of the head of the pages that have a theme. It is a separate file, because the content security policy
 * forbids inline scripts, and not a module, because modules run only after the page has been parsed.
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
        if (!/\/(index|not-found)\.html$/.test(path)) return [];
        const built = Object.values(bundle ?? {}).find((file) => file.type === 'asset' && file.names.includes('early.js'));
        return [{ tag: 'script', attrs: { src: `/${built?.fileName ?? SOURCE}` }, injectTo: 'head-prepend' }];
      },
    },
  };
}
