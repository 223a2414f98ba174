import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { compressAssets } from './compress.ts';
import { earlyScript } from './early.ts';
import { serviceWorker } from './serviceWorker.ts';

export default defineConfig({
  plugins: [react(), earlyScript(), serviceWorker(), compressAssets()],

  // The server puts a fresh nonce in place of this word in every page it sends.
  html: { cspNonce: '__CSP_NONCE__' },

  build: {
    target: 'es2022',
    // The first that know `light-dark()`. For others it would be made into media queries, which heed the device's theme only.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    modulePreload: { polyfill: false },
    // The editor is one large piece that is loaded after the page stands.
    chunkSizeWarningLimit: 4000,
    // One entry for each page.
    rolldownOptions: {
      input: ['index.html', 'playground.html'],
      onLog(level, log, report) {
        // GraphiQL's notes to a compiler that has already been run over it.
        if (log.code !== 'MODULE_LEVEL_DIRECTIVE') report(level, log);
      },
    },
  },

  worker: { format: 'es' },

  // While developing: packages of the GraphQL worker that are CommonJS, which a browser cannot load as they are.
  optimizeDeps: { include: ['monaco-graphql > graphql-language-service', 'monaco-graphql > picomatch-browser'] },

  server: {
    // Every other address is the chat page's.
    proxy: { '/graphql': { target: process.env.CONFAB_SERVER ?? 'http://127.0.0.1:8000', ws: true } },
  },
});
