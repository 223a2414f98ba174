import { useLayoutEffect, useState, useSyncExternalStore, type RefObject } from 'react';
import { ownSwitchStore } from './switch';

/**
 * Keeps the pressed button of a switch where it was, although the messages have other heights now. The button in its place
 * gets the focus.
 */
export function useSwitchInPlace(scroller: RefObject<HTMLElement | null>, leaveEnd: () => void): void {
  const own = useSyncExternalStore(ownSwitchStore.subscribe, ownSwitchStore.get);
  const [earlier] = useState(own);

  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element || !own || own === earlier) return;
    const buttons = [...element.querySelectorAll<HTMLButtonElement>(`[data-message="${CSS.escape(own.message)}"] .versions button`)];
    const button = buttons.find(({ dataset, disabled }) => dataset.step === own.step && !disabled) ?? buttons.find(({ disabled }) => !disabled);
    if (!button) return;
    leaveEnd();
    button.focus({ preventScroll: true });
    const keep = () => (element.scrollTop += button.getBoundingClientRect().top - own.top);
    keep();
    // The list measures new messages one or two frames later.
    let frame = requestAnimationFrame(() => {
      keep();
      frame = requestAnimationFrame(keep);
    });
    return () => cancelAnimationFrame(frame);
  }, [own, earlier, scroller, leaveEnd]);
}
