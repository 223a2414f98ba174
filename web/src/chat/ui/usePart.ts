import { useEffect, useState, type ComponentType } from 'react';
import { texts } from '../texts';
import { notify } from './notices';

/**
 * A part of the page that few people ask for: fetched when it is first shown. If it cannot be, as without a network, or
 * when the server has been given another version of the page meanwhile, that is said, and the page goes on.
 */
export function usePart<Props>(load: () => Promise<ComponentType<Props>>, onFailed: () => void): ComponentType<Props> | undefined {
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
