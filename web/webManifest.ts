import { readFile } from 'node:fs/promises';
import type { Plugin } from 'vite';

const MANIFEST = 'manifest.webmanifest';

/** Icons for the home screen. The launcher may cut a maskable one to any shape. `scripts/draw-icons` draws them. */
const ICONS = [
  { file: 'icon.svg', sizes: 'any', type: 'image/svg+xml', purpose: 'any' },
  { file: 'icon-192.png', sizes: '192x192', type: 'image/png', purpose: 'any' },
  { file: 'icon-512.png', sizes: '512x512', type: 'image/png', purpose: 'any' },
  { file: 'icon-maskable-512.png', sizes: '512x512', type: 'image/png', purpose: 'maskable' },
];

/** Builds the chat page's web manifest as `/manifest.webmanifest`, with which phones install the page on the home screen. */
export function webManifest(): Plugin {
  let references: string[] = [];
  return {
    name: 'web-manifest',
    apply: 'build',
    async buildStart() {
      references = await Promise.all(
        ICONS.map(async ({ file }) => this.emitFile({ type: 'asset', name: file, source: await readFile(`src/${file}`) })),
      );
    },
    generateBundle() {
      const manifest = {
        id: '/',
        name: 'Confab',
        short_name: 'Confab',
        description: 'Chat with Confab.',
        start_url: '/',
        scope: '/',
        display: 'standalone',
        // The colors of the light theme. The page's own `theme-color` replaces them when it has loaded.
        background_color: '#ffffff',
        theme_color: '#ffffff',
        icons: ICONS.map(({ file, ...icon }, index) => ({ src: `/${this.getFileName(references[index]!)}`, ...icon })),
      };
      this.emitFile({ type: 'asset', fileName: MANIFEST, source: JSON.stringify(manifest) });
    },
    transformIndexHtml: {
      order: 'post',
      handler: (_html, { path }) =>
        path.endsWith('/index.html') ? [{ tag: 'link', attrs: { rel: 'manifest', href: `/${MANIFEST}` }, injectTo: 'head' }] : [],
    },
  };
}
