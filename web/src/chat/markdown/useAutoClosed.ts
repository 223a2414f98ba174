import { useEffect, useReducer } from 'react';
import { lex, type Block } from './blocks';
import { reuseParts } from './reuseParts';

type AutoClose = (raw: string) => string;

/** Loaded with the first unfinished reply. */
let autoClose: AutoClose | undefined;

/** Blocks whose markup needs no closing. */
const NEEDS_NO_CLOSING = new Set(['code', 'html', 'space', 'hr']);

/** Returns the blocks of a text, with the markup of the last one closed if the text is unfinished (see `autoClose.ts`). */
export function useAutoClosed(blocks: readonly Block[], unfinished: boolean): readonly Block[] {
  const [, draw] = useReducer((times: number) => times + 1, 0);

  useEffect(() => {
    if (!unfinished || autoClose) return;
    import('./autoClose').then(
      ({ autoClosed }) => {
        autoClose = autoClosed;
        draw();
      },
      () => undefined, // without a network, the text is shown as it arrives
    );
  }, [unfinished]);

  const last = blocks.at(-1);
  if (!unfinished || !autoClose || !last || NEEDS_NO_CLOSING.has(last.type)) return blocks;
  const text = autoClose(last.raw);
  return text === last.raw ? blocks : [...blocks.slice(0, -1), ...reuseParts([last], lex(text))];
}
