import type { ElementContent, Root } from 'hast';
import { memo, useEffect, useRef, useState, type ReactNode } from 'react';
import { texts } from '../texts';
import { CopyButton } from '../ui/CopyButton';
import { Icon } from '../ui/Icon';
import { useCutEdges } from './useCutEdges';

/** Longer code is not highlighted, because it would take too long. */
const LONGEST = 50_000;
/** Code in progress is highlighted at most every `EVERY` milliseconds, or `TIMES` the duration of the last run. */
const EVERY = 150;
const TIMES = 10;

interface Coloured {
  text: string;
  tree: Root;
}

export const Code = memo(function Code({ text, language }: { text: string; language?: string }) {
  const [coloured, setColoured] = useState<Coloured>();
  const next = useRef(0);
  const [area, cut] = useCutEdges<HTMLPreElement>();
  const [wrapped, setWrapped] = useState(false);

  useEffect(() => {
    if (!language || text.length > LONGEST) return;
    const timer = setTimeout(
      async () => {
        const { loadHighlighter } = await import('./highlight');
        const highlight = await loadHighlighter(language);
        if (!highlight) return;
        const start = performance.now();
        const tree = highlight(text);
        next.current = performance.now() + Math.max(EVERY, TIMES * (performance.now() - start));
        // The result for an earlier text may arrive later, for example if it had to wait for its language.
        setColoured((before) => (before?.text.startsWith(text) ? before : { text, tree }));
      },
      Math.max(0, next.current - performance.now()),
    );
    return () => clearTimeout(timer);
  }, [text, language]);

  // Text added since the last run is shown without colours, so that nothing flickers.
  const usable = coloured && text.startsWith(coloured.text) ? coloured : undefined;
  return (
    <div className="wide">
      <figure className="code" dir="ltr" data-wrapped={wrapped || undefined}>
        <figcaption>
          <span>{language || texts.code}</span>
          {(cut || wrapped) && (
            <button
              type="button"
              className="icon-button"
              aria-label={texts.wrapLines}
              title={texts.wrapLines}
              aria-pressed={wrapped}
              onClick={() => setWrapped(!wrapped)}
            >
              <Icon name="wrap" />
            </button>
          )}
          <CopyButton text={text} label={texts.copyCode} />
        </figcaption>
        <pre ref={area} className="scrolls" data-cut={cut} tabIndex={cut && 0}>
          <code>
            {usable ? elements(usable.tree.children as ElementContent[]) : null}
            {usable ? text.slice(usable.text.length) : text}
          </code>
        </pre>
      </figure>
    </div>
  );
});

function elements(nodes: ElementContent[]): ReactNode {
  return nodes.map((node, index) => {
    if (node.type === 'text') return node.value;
    if (node.type !== 'element') return null;
    const names = node.properties.className;
    return (
      <span key={index} className={Array.isArray(names) ? names.join(' ') : undefined}>
        {elements(node.children)}
      </span>
    );
  });
}
