import { useEffect, useRef, useState } from 'react';

/** The part of what is still hidden that each frame uncovers. Large pieces come in quickly, small ones letter by letter. */
const SHARE = 1 / 8;

const still = matchMedia('(prefers-reduced-motion: reduce)');

/**
 * Text that arrives in pieces, shown as if it came evenly. What is there at first is shown at once, and so is text that is
 * not a continuation, as a new attempt's.
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
        if (still.matches || document.hidden || !whole.startsWith(before)) return whole;
        const hidden = whole.length - before.length;
        return whole.slice(0, wordEnd(whole, before.length + Math.max(1, Math.ceil(hidden * SHARE))));
      });
    };
    if (shown !== text) {
      // A hidden tab has no frames.
      if (document.hidden) step();
      else frame.current = requestAnimationFrame(step);
    }
  }, [shown, text]);

  useEffect(() => () => cancelAnimationFrame(frame.current), []);
  return shown;
}

/** As far as a word is taken whole; scripts without spaces go on letter by letter. */
const LONGEST_WORD = 24;

/** Half a word that is completed on the next line would jump there. */
function wordEnd(text: string, index: number): number {
  const rest = text.slice(index, index + LONGEST_WORD).search(/\s/);
  if (rest >= 0) return index + rest;
  return text.length - index < LONGEST_WORD ? text.length : boundary(text, index);
}

/** Never half a character. */
function boundary(text: string, index: number): number {
  const code = text.charCodeAt(index - 1);
  return code >= 0xd800 && code < 0xdc00 ? index + 1 : index;
}
