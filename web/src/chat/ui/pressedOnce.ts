import type { KeyboardEvent, MouseEvent } from 'react';

/** For a button that does something with each press: a double click is meant once, and so is a key that is held down. */
export function pressedOnce(act: () => void) {
  return {
    onClick: ({ detail }: MouseEvent) => {
      if (detail < 2) act();
    },
    // A key that is held presses the button again and again.
    onKeyDown: (event: KeyboardEvent) => {
      if (event.repeat && (event.key === 'Enter' || event.key === ' ')) event.preventDefault();
    },
  };
}
