import { createStore } from '../../store';
import { storePosition, type ScrollPosition } from './scrollPosition';

/** Space above a message that is scrolled to, in pixels. */
const SPACE = 24;
/** Number of frames in which a message is rendered after the list has scrolled to it. */
const FRAMES = 60;

/** The message to show, until it is shown. */
export const jumpStore = createStore<{ readonly conversationId: string; readonly position: ScrollPosition } | undefined>(undefined);

/** Scrolls a conversation to a message, and marks the message: at once if the conversation is open, or when it is. */
export function jumpTo(conversationId: string, message: string): void {
  const position = { message, offset: -SPACE };
  storePosition(conversationId, position);
  jumpStore.set({ conversationId, position });
}

/** Gives the focus to a message, which marks it for a moment. A screen reader continues there. */
export function markMessage(scroller: HTMLElement, message: string): void {
  let frames = 0;
  const mark = () => {
    const element = scroller.querySelector<HTMLElement>(`[data-message=${JSON.stringify(message)}]`);
    if (element) {
      element.tabIndex = -1;
      element.addEventListener('blur', () => element.removeAttribute('tabindex'), { once: true });
      element.focus({ preventScroll: true });
    }
    if (document.activeElement !== element && ++frames < FRAMES) requestAnimationFrame(mark);
  };
  requestAnimationFrame(mark);
}
