import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { Plugin } from 'vite';

const brotli = promisify(brotliCompress);
const deflate = promisify(gzip);

/** What gains from compression; woff2 and the like are compressed already. */
const COMPRESSIBLE = /\.(js|css|svg|json|wasm|ttf|txt)$/;

/**
 * Leaves each text asset as `.br` and `.gz` only: the binary embeds `assets/` whole and should not carry a third, plain copy.
 * The pages themselves stay plain, for the server writes the nonce into them.
 */
export function compressAssets(): Plugin {
  let folder = '';
  return {
    name: 'compress-assets',
    apply: 'build',
    configResolved(config) {
      folder = join(config.root, config.build.outDir, config.build.assetsDir);
    },
    async closeBundle(error?: Error) {
      if (error) return;
      // One by one: the build machine may be small.
      for (const name of await readdir(folder)) {
        if (COMPRESSIBLE.test(name)) await compress(join(folder, name));
      }
    },
  };
}

async function compress(file: string): Promise<void> {
  const plain = await readFile(file);
  await writeFile(
    `${file}.br`,
    await brotli(plain, {
      params: {
        [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
        [constants.BROTLI_PARAM_SIZE_HINT]: plain.length,
      },
    }),
  );
  await writeFile(`${file}.gz`, await deflate(plain, { level: 9 }));
  await rm(file);
}
