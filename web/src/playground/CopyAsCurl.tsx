import { ToolbarButton, useGraphiQL } from '@graphiql/react';
import { useEffect, useState } from 'react';
import { curlOf } from './curl';
import { texts } from './texts';
import { variablesIn } from './variables';

/** Time for which the result of copying is shown, in milliseconds. */
const SHOWN = 4_000;

export function CopyAsCurl() {
  const { queryEditor, variableEditor, operationName } = useGraphiQL(({ queryEditor, variableEditor, operationName }) => ({
    queryEditor,
    variableEditor,
    operationName,
  }));
  const [result, setResult] = useState('');

  useEffect(() => {
    if (!result) return;
    const timer = setTimeout(() => setResult(''), SHOWN);
    return () => clearTimeout(timer);
  }, [result]);

  async function copy() {
    const command = curlOf(new URL('/graphql', location.href).href, {
      query: queryEditor?.getValue() ?? '',
      variables: variablesIn(variableEditor?.getValue()),
      operationName,
    });
    if (!command) return setResult(texts.cannotCopy);
    try {
      await navigator.clipboard.writeText(command);
      setResult(texts.copied);
    } catch {
      // Over plain HTTP, browsers have no clipboard for scripts.
      prompt(texts.copyByHand, command);
    }
  }

  return (
    <>
      <ToolbarButton label={texts.copyAsCurl} onClick={() => void copy()}>
        <span className="curl-icon" aria-hidden="true">
          curl
        </span>
      </ToolbarButton>
      <span role="status" className="copied">
        {result}
      </span>
    </>
  );
}
