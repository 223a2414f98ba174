import { useEffect, useReducer } from 'react';
import { lex, type Block } from './blocks';
import { shared } from './shared';

type Mend = (raw: string) => string;

/** Loaded with the first unfinished reply. */
let mend: Mend | undefined;

/** Blocks whose markup needs no closing. */
const WHOLE = new Set(['code', 'html', 'space', 'hr']);

/** Returns the blocks of a text, with the markup of the last one closed if the text is unfinished (see `autoClose.ts`). */
export function useMended(blocks: readonly Block[], unfinished: boolean): readonly Block[] {
  const [, draw] = useReducer((times: number) => times + 1, 0);

  useEffect(() => {
    if (!unfinished || mend) return;
    import('./mend').then(
      ({ mended }) => {
        mend = mended;
        draw();
      },
      () => undefined, // without a network, the text is shown as it arrives
    );
  }, [unfinished]);

  const last = blocks.at(-1);
  if (!unfinished || !mend || !last || WHOLE.has(last.type)) return blocks;
  const text = mend(last.raw);
  return text === last.raw ? blocks : [...blocks.slice(0, -1), ...shared([last], lex(text))];
}
