import { useEffect, useRef, useState } from 'react';

/** The state of a title that a {@link TitleField} can replace. After the keyboard was used, the title has the focus again. */
export function useRenaming<T extends HTMLElement>() {
  const [renaming, setRenaming] = useState(false);
  const title = useRef<T>(null);
  const byKey = useRef(false);

  useEffect(() => {
    if (byKey.current) title.current?.focus();
    byKey.current = false;
  }, [renaming]);

  function onDone(key: boolean) {
    byKey.current = key;
    setRenaming(false);
  }

  return { title, renaming, rename: () => setRenaming(true), onDone };
}
