import { useGraphiQL } from '@graphiql/react';
import { GraphiQL } from 'graphiql';
import { useEffect, useRef, useSyncExternalStore } from 'react';
import { EXAMPLES, REPLY_TABS, replyVariables } from './examples';
import { fetcher } from './fetcher';
import { lastReplyStore, watchedTextStore } from './reply';
import { restoredEditors } from './restore';
import { forgetToken, tokenStore, type Token } from './token';

/** Read once, before GraphiQL writes its own state there. */
const restored = restoredEditors();

export function Playground() {
  return (
    <GraphiQL
      fetcher={fetcher}
      defaultTabs={EXAMPLES}
      {...restored}
      defaultEditorToolsVisibility
      // Headers hold tokens, and a token is not written to disk.
      shouldPersistHeaders={false}
    >
      <GraphiQL.Logo>Confab</GraphiQL.Logo>
      <GraphiQL.Footer>
        <ReplyIdFiller />
        <WatchedText />
        <TokenLine />
      </GraphiQL.Footer>
    </GraphiQL>
  );
}

/** Puts the id of a new reply into the tabs that ask for one, once, when they are next opened. */
function ReplyIdFiller() {
  const replyId = useSyncExternalStore(lastReplyStore.subscribe, lastReplyStore.get);
  const title = useGraphiQL((state) => state.tabs[state.activeTabIndex]?.title ?? '');
  const variableEditor = useGraphiQL((state) => state.variableEditor);
  const filled = useRef(new Map<string, string>());

  useEffect(() => {
    if (!replyId || !variableEditor || !REPLY_TABS.includes(title)) return;
    if (filled.current.get(title) === replyId) return;
    filled.current.set(title, replyId);
    variableEditor.setValue(replyVariables(replyId));
  }, [replyId, title, variableEditor]);

  return null;
}

function WatchedText() {
  const text = useSyncExternalStore(watchedTextStore.subscribe, watchedTextStore.get);
  const box = useRef<HTMLParagraphElement>(null);

  useEffect(() => {
    box.current?.scrollTo({ top: box.current.scrollHeight });
  }, [text]);

  if (!text) return null;
  return (
    <p className="watched-text" dir="auto" ref={box} title="The text so far, gathered from the events above">
      {text}
    </p>
  );
}

function TokenLine() {
  const { token, refused } = useSyncExternalStore(tokenStore.subscribe, tokenStore.get);

  return (
    <p className="token-line">
      <span role="status" title="A token is sent with every operation whose headers have no Authorization of their own">
        {describe(token, refused)}
      </span>
      {token && (
        <button type="button" onClick={forgetToken}>
          Forget token
        </button>
      )}
    </p>
  );
}

function describe(token?: Token, refused?: boolean): string {
  if (token) return token.email ? `Signed in as ${token.email}` : 'Using the token of the last sign-in';
  return refused
    ? 'The server did not accept the token, perhaps it has expired. Run LogIn for a new one.'
    : 'No token in use. Run Register or LogIn, or type an Authorization header.';
}
