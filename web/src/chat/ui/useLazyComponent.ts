import { useEffect, useState, type ComponentType } from 'react';
import { texts } from '../texts';
import { notify } from './notices';

/**
 * Loads a rarely used component when it is first rendered. This can fail: without a network, or when the server has
 * another version of the page. Then a notice is shown, and the rest of the page keeps working.
 */
export function useLazyComponent<Props>(load: () => Promise<ComponentType<Props>>, onFailed: () => void): ComponentType<Props> | undefined {
  const [Part, setPart] = useState<ComponentType<Props>>();

  useEffect(() => {
    let left = false;
    load().then(
      (loaded) => left || setPart(() => loaded),
      () => {
        if (left) return;
        notify(texts.partNotLoaded);
        onFailed();
      },
    );
    return () => void (left = true);
  }, []);

  return Part;
}
