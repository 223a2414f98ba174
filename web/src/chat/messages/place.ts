import { keptInTab } from '../kept';

/** Where a reader is in a conversation: which message is uppermost, and how much of it is out of sight, in pixels. */
export interface Place {
  readonly message: string;
  readonly offset: number;
}

const PREFIX = 'confab:place:';

/** Of this tab, and for as long as it lives. Nothing for one who reads the end, or has not been there. */
export function placeOf(conversationId: string): Place | undefined {
  try {
    const place = JSON.parse(keptInTab.get(PREFIX + conversationId) ?? 'null') as Place | null;
    return place && typeof place.message === 'string' && Number.isFinite(place.offset) ? place : undefined;
  } catch {
    return undefined;
  }
}

/** As near to the end as this is the end, in pixels. */
const NEAR = 60;

/** The place that is shown; nothing at the end. */
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
