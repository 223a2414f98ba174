import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { compressAssets } from './compress.ts';
import { earlyScript } from './early.ts';
import { onlyWoff2 } from './onlyWoff2.ts';
import { serviceWorker } from './serviceWorker.ts';
import { webManifest } from './webManifest.ts';

const SERVER = process.env.CONFAB_SERVER ?? 'http://127.0.0.1:8000';

export default defineConfig({
  plugins: [react(), earlyScript(), onlyWoff2(), webManifest(), serviceWorker(), compressAssets()],

  // The server replaces this placeholder with a fresh nonce in every page it sends.
  html: { cspNonce: '__CSP_NONCE__' },

  build: {
    target: 'es2022',
    // The first versions with `light-dark()`. For older ones, it would be compiled to media queries, which follow only the
    // device's theme.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    modulePreload: { polyfill: false },
    // The editor is one large chunk, loaded after the page.
    chunkSizeWarningLimit: 4000,
    rolldownOptions: {
      input: ['index.html', 'playground.html', 'not-found.html'],
      // One file for the modules that parts of the page share: many small files compress worse.
      output: { codeSplitting: { groups: [{ name: 'shared', test: /src\/chat\/(ui|texts|route|composer|conversations|graphql|outbox)/, minShareCount: 2 }] } },
      onLog(level, log, report) {
        // GraphiQL contains directives for the React compiler, which has already processed it.
        if (log.code !== 'MODULE_LEVEL_DIRECTIVE') report(level, log);
      },
    },
  },

  worker: { format: 'es' },

  // For the development server: CommonJS packages of the GraphQL worker, which a browser cannot load directly.
  optimizeDeps: { include: ['monaco-graphql > graphql-language-service', 'monaco-graphql > picomatch-browser'] },

  server: {
    // Every other address belongs to the chat page.
    proxy: Object.fromEntries(['/graphql', '/export', '/import'].map((path) => [path, { target: SERVER, ws: path === '/graphql' }])),
  },
});
