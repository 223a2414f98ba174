import { useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { useEffect, useRef, useSyncExternalStore } from 'react';
import { withCredentials } from './credentials';
import { REPLY_TABS, replyVariables } from './examples';
import { lastReplyStore } from './lastReply';

/**
 * Fills in the variables of an example when it is opened: a usable account, and the ID of the last reply. The ID is filled
 * in once per reply.
 */
export function FilledVariables() {
  const replyId = useSyncExternalStore(lastReplyStore.subscribe, lastReplyStore.get);
  const id = useGraphiQL((state) => state.tabs[state.activeTabIndex]?.id ?? '');
  const title = useGraphiQL((state) => state.tabs[state.activeTabIndex]?.title ?? '');
  const variableEditor = useGraphiQL((state) => state.variableEditor);
  const { updateActiveTabValues } = useGraphiQLActions();
  const filled = useRef(new Map<string, string>());

  useEffect(() => {
    if (!variableEditor) return;
    const before = variableEditor.getValue();
    let after = withCredentials(title, before);
    if (replyId && REPLY_TABS.includes(title) && filled.current.get(id) !== replyId) {
      filled.current.set(id, replyId);
      after = replyVariables(replyId);
    }
    if (after === before) return;
    variableEditor.setValue(after);
    // GraphiQL stores a change a moment later. A click on a tab restores what is stored.
    updateActiveTabValues({ variables: after });
  }, [replyId, id, title, variableEditor, updateActiveTabValues]);

  return null;
}
