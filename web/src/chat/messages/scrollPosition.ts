import { tabStorage } from '../deviceStorage';

/** The scroll position: the first visible message, and how much of it is hidden above, in pixels. */
export interface ScrollPosition {
  readonly message: string;
  readonly offset: number;
}

const PREFIX = 'confab:place:';

/** Returns the position that this tab has stored. `undefined` for the end, and for a conversation that was not open yet. */
export function storedPosition(conversationId: string): ScrollPosition | undefined {
  try {
    const position = JSON.parse(tabStorage.get(PREFIX + conversationId) ?? 'null') as ScrollPosition | null;
    return position && typeof position.message === 'string' && Number.isFinite(position.offset) ? position : undefined;
  } catch {
    return undefined;
  }
}

/** Distance from the end that counts as being there, in pixels. */
const NEAR = 60;

/** Returns the current position; `undefined` at the end. */
export function currentPosition(scroller: HTMLElement): ScrollPosition | undefined {
  const { top } = scroller.getBoundingClientRect();
  if (scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR) return undefined;
  for (const element of scroller.querySelectorAll<HTMLElement>('[data-message]')) {
    const box = element.getBoundingClientRect();
    if (box.bottom > top) return { message: element.dataset.message!, offset: Math.round(top - box.top) };
  }
  return undefined;
}

export function storePosition(conversationId: string, position: ScrollPosition | undefined): void {
  if (position) tabStorage.set(PREFIX + conversationId, JSON.stringify(position));
  else tabStorage.remove(PREFIX + conversationId);
}

export function clearPositions(): void {
  for (const key of tabStorage.keys()) {
    if (key.startsWith(PREFIX)) tabStorage.remove(key);
  }
}
