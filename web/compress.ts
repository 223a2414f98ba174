import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { Plugin } from 'vite';

const brotli = promisify(brotliCompress);
const deflate = promisify(gzip);

/** Files that benefit from compression. Formats such as woff2 are compressed already. */
const COMPRESSIBLE = /\.(js|css|svg|json|wasm|ttf|txt)$/;

/**
 * Replaces each text asset with its `.br` and `.gz` versions. The binary embeds all of `assets/` and should not contain an
 * uncompressed copy as well. The pages stay uncompressed, because the server inserts the nonce into them.
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
      // One at a time, because the build machine may have little memory.
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
