/** Where a reader is in a conversation: which message is uppermost, and how much of it is out of sight, in pixels. */
export interface Place {
  readonly message: string;
  readonly offset: number;
}

const PREFIX = 'confab:place:';

/** Of this tab, and for as long as it lives. Nothing for one who reads the end, or has not been there. */
export function placeOf(conversationId: string): Place | undefined {
  try {
    const place = JSON.parse(sessionStorage.getItem(PREFIX + conversationId) ?? 'null') as Place | null;
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
  try {
    if (place) sessionStorage.setItem(PREFIX + conversationId, JSON.stringify(place));
    else sessionStorage.removeItem(PREFIX + conversationId);
  } catch {
    // No room: then it is the end, as for everybody who comes.
  }
}

export function forgetPlaces(): void {
  for (const key of Object.keys(sessionStorage)) {
    if (key.startsWith(PREFIX)) sessionStorage.removeItem(key);
  }
}
