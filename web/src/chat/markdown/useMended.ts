import { useEffect, useReducer } from 'react';
import { lex, type Block } from './blocks';
import { shared } from './shared';

type Mend = (raw: string) => string;

/** Loaded with the first reply that is seen unfinished. */
let mend: Mend | undefined;

/** Blocks in which nothing is bare syntax while it is being written. */
const WHOLE = new Set(['code', 'html', 'space', 'hr']);

/** The blocks of a text that is not finished, the last one mended (see `mend.ts`); those of one that is, as they are. */
export function useMended(blocks: readonly Block[], unfinished: boolean): readonly Block[] {
  const [, draw] = useReducer((times: number) => times + 1, 0);

  useEffect(() => {
    if (!unfinished || mend) return;
    import('./mend').then(
      ({ mended }) => {
        mend = mended;
        draw();
      },
      () => undefined, // without a network it is shown as it comes
    );
  }, [unfinished]);

  const last = blocks.at(-1);
  if (!unfinished || !mend || !last || WHOLE.has(last.type)) return blocks;
  const text = mend(last.raw);
  return text === last.raw ? blocks : [...blocks.slice(0, -1), ...shared([last], lex(text))];
}
