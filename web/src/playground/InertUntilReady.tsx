import { useGraphiQL } from '@graphiql/react';
import { useLayoutEffect } from 'react';

/**
 * Makes the page inert until every editor has loaded. GraphiQL shows the tabs earlier, but an editor that loads after a
 * change of tabs keeps the text of the first tab.
 */
export function InertUntilReady() {
  const ready = useGraphiQL(({ queryEditor, variableEditor, headerEditor, responseEditor }) =>
    Boolean(queryEditor && variableEditor && headerEditor && responseEditor),
  );

  useLayoutEffect(() => {
    document.getElementById('root')!.inert = !ready;
  }, [ready]);

  return null;
}
