import { memo, useLayoutEffect, useRef } from 'react';
import { texts } from '../../texts';
import { runSoon } from './timeSlices';

type Typeset = typeof import('./katex').typeset;

/** Loaded with the first formula. */
let typeset: Typeset | undefined;
let loading: Promise<void> | undefined;

/** A longer formula is shown as source, because it would take too long. */
const LONGEST = 1_500;

interface Props {
  tex: string;
  /** The formula with its delimiters. It is shown until the formula is typeset, or if it is wrong. */
  source: string;
  display: boolean;
}

export const Formula = memo(function Formula({ tex, source, display }: Props) {
  const element = useRef<HTMLSpanElement>(null);

  // React does not know the content of the element.
  useLayoutEffect(() => {
    const target = element.current!;
    let isCurrent = true;
    target.textContent = source;
    const show = () => {
      if (!isCurrent || !typeset) return;
      try {
        target.replaceChildren(hidden(source), ...typeset(tex, display));
      } catch {
        target.textContent = source;
      }
    };
    if (tex.length > LONGEST) return;
    if (typeset) runSoon(show);
    else load().then(() => runSoon(show));
    return () => void (isCurrent = false);
  }, [tex, source, display]);

  return <span ref={element} className={display ? 'math display' : 'math'} dir="ltr" />;
});

/** The source, which is displayed only while it is copied (see `copySource.ts`). */
function hidden(source: string): HTMLElement {
  const element = document.createElement('span');
  element.className = 'source';
  element.textContent = source;
  return element;
}

/** A formula without its end. While the reply is growing, an ellipsis is displayed instead (see `markdown.css`). */
export function PendingFormula({ source }: { source: string }) {
  return (
    <span className="math pending" dir="ltr">
      <span role="img" aria-label={texts.formula}>
        …
      </span>
      <span>{source}</span>
    </span>
  );
}

async function load(): Promise<void> {
  loading ??= import('./katex').then(
    (module) => void (typeset = module.typeset),
    () => void (loading = undefined), // without a network, formulas are shown as source
  );
  await loading;
}
