import { keptInTab } from '../kept';

/** The scroll position: the first visible message, and how much of it is hidden above, in pixels. */
export interface Place {
  readonly message: string;
  readonly offset: number;
}

const PREFIX = 'confab:place:';

/** Returns the position that this tab has stored. `undefined` for the end, and for a conversation that was not open yet. */
export function placeOf(conversationId: string): Place | undefined {
  try {
    const place = JSON.parse(keptInTab.get(PREFIX + conversationId) ?? 'null') as Place | null;
    return place && typeof place.message === 'string' && Number.isFinite(place.offset) ? place : undefined;
  } catch {
    return undefined;
  }
}

/** Distance from the end that counts as being there, in pixels. */
const NEAR = 60;

/** Returns the current position; `undefined` at the end. */
export function placeIn(scroller: HTMLElement): Place | undefined {
  const { top } = scroller.getBoundingClientRect();
  if (scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR) return undefined;
  for (const element of scroller.querySelectorAll<HTMLElement>('[data-message]')) {
    const box = element.getBoundingClientRect();
    if (box.bottom > top) return { message: element.dataset.message!, offset: Math.round(top - box.top) };
  }
  return undefined;
}

export function keepPlace(conversationId: string, place: Place | undefined): void {
  if (place) keptInTab.set(PREFIX + conversationId, JSON.stringify(place));
  else keptInTab.remove(PREFIX + conversationId);
}

export function forgetPlaces(): void {
  for (const key of keptInTab.keys()) {
    if (key.startsWith(PREFIX)) keptInTab.remove(key);
  }
}
