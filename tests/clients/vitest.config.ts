import { transformAsync } from '@babel/core';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  plugins: [
    {
      // Replaces Relay's `graphql` tags with imports of its compiler's artifacts.
      name: 'relay',
      enforce: 'pre',
      async transform(code, id) {
        if (!/\.tsx?$/.test(id) || !code.includes('graphql`')) return;
        const options = { artifactDirectory: './examples/__generated__', eagerEsModules: true };
        const transformed = await transformAsync(code, {
          filename: id,
          configFile: false,
          babelrc: false,
          sourceMaps: true,
          parserOpts: { plugins: ['typescript', 'jsx'] },
          plugins: [['relay', options]],
        });
        return { code: transformed!.code!, map: transformed!.map };
      },
    },
  ],
  test: {
    include: ['*.test.{ts,tsx}'],
    setupFiles: ['./support/environment.ts'],
    maxWorkers: 2,
    // Only a test that hangs takes this long.
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
});
