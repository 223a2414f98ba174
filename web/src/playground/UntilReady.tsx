import { useGraphiQL } from '@graphiql/react';
import { useLayoutEffect } from 'react';

/**
 * Makes the page inert until every editor has loaded. GraphiQL shows the tabs before, but an editor that loads after its
 * reader has changed tabs keeps the text of the first one.
 */
export function UntilReady() {
  const ready = useGraphiQL(({ queryEditor, variableEditor, headerEditor, responseEditor }) =>
    Boolean(queryEditor && variableEditor && headerEditor && responseEditor),
  );

  useLayoutEffect(() => {
    document.getElementById('root')!.inert = !ready;
  }, [ready]);

  return null;
}
