import type { KeyboardEvent, MouseEvent } from 'react';

/** Returns handlers for a button that acts once per press. A double click counts once, and so does a held key. */
export function pressedOnce(act: () => void) {
  return {
    onClick: ({ detail }: MouseEvent) => {
      if (detail < 2) act();
    },
    // A held key repeats its event.
    onKeyDown: (event: KeyboardEvent) => {
      if (event.repeat && (event.key === 'Enter' || event.key === ' ')) event.preventDefault();
    },
  };
}
