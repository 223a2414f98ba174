import type { Plugin } from 'vite';

/** Other formats of a font, after its WOFF2 file. */
const FALLBACKS = /,\s*url\([^)]+\.(?:woff|ttf)\)\s*format\([^)]+\)/g;

/** Removes the fonts of KaTeX in formats that only old browsers need, so that the binary does not embed them. */
export function onlyWoff2(): Plugin {
  return {
    name: 'only-woff2',
    enforce: 'pre',
    transform: (code, id) => (id.endsWith('katex.min.css') ? code.replace(FALLBACKS, '') : undefined),
  };
}
