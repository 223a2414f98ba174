import { useGraphiQL } from '@graphiql/react';
import { useEffect, useRef, useSyncExternalStore } from 'react';
import { withCredentials } from './credentials';
import { REPLY_TABS, replyVariables } from './examples';
import { lastReplyStore } from './reply';

/**
 * Fills in what the examples' variables cannot know, when one of them is opened: an account that fits, and the id of the last
 * reply, the latter once for each.
 */
export function FilledVariables() {
  const replyId = useSyncExternalStore(lastReplyStore.subscribe, lastReplyStore.get);
  const id = useGraphiQL((state) => state.tabs[state.activeTabIndex]?.id ?? '');
  const title = useGraphiQL((state) => state.tabs[state.activeTabIndex]?.title ?? '');
  const variableEditor = useGraphiQL((state) => state.variableEditor);
  const filled = useRef(new Map<string, string>());

  useEffect(() => {
    if (!variableEditor) return;
    const before = variableEditor.getValue();
    let after = withCredentials(title, before);
    if (replyId && REPLY_TABS.includes(title) && filled.current.get(id) !== replyId) {
      filled.current.set(id, replyId);
      after = replyVariables(replyId);
    }
    if (after !== before) variableEditor.setValue(after);
  }, [replyId, id, title, variableEditor]);

  return null;
}
