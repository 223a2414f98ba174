import { useEffect, useRef, useState } from 'react';

/** Fraction of the hidden text that each frame reveals: large pieces appear quickly, small ones letter by letter. */
const SHARE = 1 / 8;

const reducedMotion = matchMedia('(prefers-reduced-motion: reduce)');

/**
 * Reveals text that arrives in pieces at an even pace. The first text is shown at once, and so is text that does not
 * continue the one shown, such as a new attempt's.
 */
export function useRevealed(text: string): string {
  const [shown, setShown] = useState(text);
  const target = useRef(text);
  const frame = useRef(0);
  target.current = text;

  useEffect(() => {
    if (frame.current) return;
    const step = () => {
      frame.current = 0;
      setShown((before) => {
        const whole = target.current;
        if (reducedMotion.matches || document.hidden || !whole.startsWith(before)) return whole;
        const hidden = whole.length - before.length;
        return whole.slice(0, wordEnd(whole, before.length + Math.max(1, Math.ceil(hidden * SHARE))));
      });
    };
    if (shown !== text) {
      // A hidden tab gets no animation frames.
      if (document.hidden) step();
      else frame.current = requestAnimationFrame(step);
    }
  }, [shown, text]);

  useEffect(() => () => cancelAnimationFrame(frame.current), []);
  return shown;
}

/** Longest word that is revealed as a whole. Scripts without spaces are revealed letter by letter. */
const LONGEST_WORD = 24;

/** Moves an index to the end of its word. Half a word would jump if the rest moved it to the next line. */
function wordEnd(text: string, index: number): number {
  const rest = text.slice(index, index + LONGEST_WORD).search(/\s/);
  if (rest >= 0) return index + rest;
  return text.length - index < LONGEST_WORD ? text.length : boundary(text, index);
}

/** Moves an index out of a surrogate pair. */
function boundary(text: string, index: number): number {
  const code = text.charCodeAt(index - 1);
  return code >= 0xd800 && code < 0xdc00 ? index + 1 : index;
}
