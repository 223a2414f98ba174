import { useSyncExternalStore } from 'react';
import type { Message } from '../messages/list';
import { modelsStore } from '../models/models';
import { texts } from '../texts';
import { Icon } from '../ui/Icon';
import { Menu } from '../ui/Menu';
import { pressedOnce } from '../ui/pressedOnce';
import { regenerate } from './regenerate';

/** Requests another reply to the same message, from any of the models if there are several. */
export function RegenerateButton({ message: { id, model } }: { message: Message }) {
  const models = useSyncExternalStore(modelsStore.subscribe, modelsStore.get).map((one) => one.id);
  if (models.length < 2) {
    return (
      <button
        type="button"
        className="icon-button"
        aria-label={texts.regenerate}
        title={texts.regenerate}
        {...pressedOnce(() => void regenerate(id))}
      >
        <Icon name="retry" />
      </button>
    );
  }
  // The model of this reply comes first.
  const sorted = [...models.filter((one) => one === model), ...models.filter((one) => one !== model)];
  return (
    <Menu label={texts.regenerate} icon="retry">
      <p className="menu-note">{texts.regenerateWith}</p>
      {sorted.map((one) => (
        <button key={one} type="button" role="menuitem" onClick={() => void regenerate(id, one)}>
          {one}
        </button>
      ))}
    </Menu>
  );
}
