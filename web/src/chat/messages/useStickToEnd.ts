import { useCallback, useLayoutEffect, useRef, useState, type RefObject } from 'react';

/** As near to the end as this counts as being there, in pixels. */
const NEAR = 60;
/** A scroll this long after a key, wheel or finger is the reader's, in milliseconds. */
const BY_HAND = 400;

/**
 * Keeps the end of a growing list in sight for as long as the reader is there. Whoever scrolls up is left alone until they
 * come back; what the list does by itself (sizes that turn out otherwise) does not count as leaving. `elsewhere`: the reader
 * does not begin at the end.
 */
export function useStickToEnd(
  scroller: RefObject<HTMLDivElement | null>,
  elsewhere: boolean,
): { atEnd: boolean; toEnd: () => void } {
  const sticks = useRef(!elsewhere);
  // On the way to where they were the end may come by, while nobody knows yet how long the list is.
  const onTheWay = useRef(elsewhere);
  const [atEnd, setAtEnd] = useState(!elsewhere);

  const toEnd = useCallback(() => {
    sticks.current = true;
    onTheWay.current = false;
    setAtEnd(true);
    const element = scroller.current;
    if (element) element.scrollTop = element.scrollHeight;
  }, [scroller]);

  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    let touchedAt = -Infinity;
    let held = false;

    const touched = () => {
      touchedAt = performance.now();
      onTheWay.current = false;
    };
    const hold = () => {
      held = true;
      touched();
    };
    const letGo = () => {
      if (held) touched();
      held = false;
    };
    const scrolled = () => {
      const near = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR;
      if (near && !onTheWay.current) sticks.current = true;
      else if (held || performance.now() - touchedAt < BY_HAND) sticks.current = false;
      setAtEnd(sticks.current);
    };
    const grown = new ResizeObserver(() => {
      if (sticks.current) element.scrollTop = element.scrollHeight;
    });

    if (sticks.current) toEnd();
    grown.observe(element);
    for (const child of element.children) grown.observe(child);
    element.addEventListener('scroll', scrolled, { passive: true });
    for (const name of ['wheel', 'touchmove', 'keydown']) element.addEventListener(name, touched, { passive: true });
    element.addEventListener('pointerdown', hold);
    addEventListener('pointerup', letGo);
    addEventListener('pointercancel', letGo);
    return () => {
      grown.disconnect();
      element.removeEventListener('scroll', scrolled);
      for (const name of ['wheel', 'touchmove', 'keydown']) element.removeEventListener(name, touched);
      element.removeEventListener('pointerdown', hold);
      removeEventListener('pointerup', letGo);
      removeEventListener('pointercancel', letGo);
    };
  }, [scroller, toEnd]);

  return { atEnd, toEnd };
}
