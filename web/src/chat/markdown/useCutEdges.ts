import { useLayoutEffect, useRef, useState, type RefObject } from 'react';

/** The sides at which content continues. */
export type Cut = 'left' | 'right' | 'both' | undefined;

/** Observes at which sides the content of an element that scrolls is cut off. */
export function useCutEdges<E extends HTMLElement>(): [RefObject<E | null>, Cut] {
  const ref = useRef<E>(null);
  const [cut, setCut] = useState<Cut>();

  useLayoutEffect(() => {
    const element = ref.current!;
    const measure = () => setCut(cutOf(element, getComputedStyle(element).direction === 'rtl'));
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    // Content that grows changes its own size, not that of the element.
    if (element.firstElementChild) observer.observe(element.firstElementChild);
    element.addEventListener('scroll', measure, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', measure);
    };
  }, []);

  return [ref, cut];
}

/** Sizes are rounded, so a difference of one pixel is none. */
export function cutOf({ scrollLeft, scrollWidth, clientWidth }: Pick<Element, 'scrollLeft' | 'scrollWidth' | 'clientWidth'>, rtl: boolean): Cut {
  const hidden = scrollWidth - clientWidth;
  // From right to left, the scroll position is 0 or negative.
  const atLeft = rtl ? hidden + scrollLeft : scrollLeft;
  const left = hidden > 1 && atLeft > 1;
  const right = hidden > 1 && hidden - atLeft > 1;
  if (left && right) return 'both';
  return left ? 'left' : right ? 'right' : undefined;
}
