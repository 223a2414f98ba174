import { useCallback, useLayoutEffect, useRef, useState, type RefObject } from 'react';

/** Distance from the end that counts as being there, in pixels. */
const NEAR = 60;
/** A scroll this soon after a key, wheel or touch event is the user's, in milliseconds. */
const USER_SCROLL = 400;

/**
 * Keeps the end of a growing list visible while the user is there. Stops when the user scrolls up, until they return to
 * the end. Scrolling that the list causes itself, when sizes change, does not count. `elsewhere`: the user does not start
 * at the end.
 */
export function useStickToEnd(
  scroller: RefObject<HTMLDivElement | null>,
  elsewhere: boolean,
): { atEnd: boolean; toEnd: () => void; leaveEnd: () => void } {
  const sticks = useRef(!elsewhere);
  // While the position is being restored, the end may be reached because the list's length is not known yet.
  const onTheWay = useRef(elsewhere);
  const [atEnd, setAtEnd] = useState(!elsewhere);

  const toEnd = useCallback(() => {
    sticks.current = true;
    onTheWay.current = false;
    setAtEnd(true);
    const element = scroller.current;
    if (element) element.scrollTop = element.scrollHeight;
  }, [scroller]);

  /** Stops keeping the end visible, until the next scroll that reaches it. */
  const leaveEnd = useCallback(() => void (sticks.current = false), []);

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
    const isNear = () => element.scrollHeight - element.scrollTop - element.clientHeight < NEAR;
    const scrolled = () => {
      const near = isNear();
      if (near && !onTheWay.current) sticks.current = true;
      else if (held || performance.now() - touchedAt < USER_SCROLL) sticks.current = false;
      setAtEnd(sticks.current);
    };
    const grown = new ResizeObserver(() => {
      if (sticks.current) element.scrollTop = element.scrollHeight;
      else if (!isNear()) setAtEnd(false);
    });
    // The start of what the user unfolds stays in view.
    const folded = ({ target }: MouseEvent) => {
      const details = (target as Element).closest('summary')?.closest('details');
      if (details?.open) requestAnimationFrame(scrolled);
      else if (details) sticks.current = false;
    };

    if (sticks.current) toEnd();
    grown.observe(element);
    for (const child of element.children) grown.observe(child);
    element.addEventListener('scroll', scrolled, { passive: true });
    for (const name of ['wheel', 'touchmove', 'keydown']) element.addEventListener(name, touched, { passive: true });
    element.addEventListener('click', folded);
    element.addEventListener('pointerdown', hold);
    addEventListener('pointerup', letGo);
    addEventListener('pointercancel', letGo);
    return () => {
      grown.disconnect();
      element.removeEventListener('scroll', scrolled);
      for (const name of ['wheel', 'touchmove', 'keydown']) element.removeEventListener(name, touched);
      element.removeEventListener('click', folded);
      element.removeEventListener('pointerdown', hold);
      removeEventListener('pointerup', letGo);
      removeEventListener('pointercancel', letGo);
    };
  }, [scroller, toEnd]);

  return { atEnd, toEnd, leaveEnd };
}
