import { AssistantRuntimeProvider, type AssistantRuntime, type ThreadState } from '@assistant-ui/react';
import { useEffect } from 'react';
import { create } from 'react-test-renderer';
import { useConfabRuntime } from './examples/assistant-ui.ts';
import { chatSuite, type View } from './support/chats.ts';
import { Views } from './support/views.ts';

chatSuite('assistant-ui', async (client, id) => {
  const views = new Views<View>();
  let runtime!: AssistantRuntime;

  function Chat() {
    runtime = useConfabRuntime(client, id);
    useEffect(() => {
      const add = () => void (runtime.thread.getState().isLoading || views.add(view(runtime.thread.getState(), runtime)));
      add();
      return runtime.thread.subscribe(add);
    }, [runtime]);
    return <AssistantRuntimeProvider runtime={runtime}>{null}</AssistantRuntimeProvider>;
  }

  const page = create(<Chat />);
  await views.until(() => true);
  const message = (index: number) => runtime.thread.getMessageByIndex(index);
  return {
    views,
    send: (text) => runtime.thread.append(text),
    edit: (index, text) => {
      const { composer } = message(index);
      composer.beginEdit();
      composer.setText(text);
      composer.send();
    },
    regenerate: () => message(1).reload(),
    stop: () => runtime.thread.cancelRun(),
    select: (index, version) => {
      const step = version + 1 < message(index).getState().branchNumber ? 'previous' : 'next';
      message(index).switchToBranch({ position: step });
    },
    unmount: () => page.unmount(),
  };
});

function view({ isRunning, messages, extras }: ThreadState, { thread }: AssistantRuntime): View {
  const status = messages.at(-1)?.status;
  const failed = status?.type === 'incomplete' && status.reason === 'error' ? status : undefined;
  return {
    state: isRunning ? 'running' : failed ? 'error' : 'ready',
    error: (extras as { error?: Error }).error?.message ?? (failed && String(failed.error)),
    messages: messages.map(({ content }, index) => ({
      text: content.map((part) => (part.type === 'text' ? part.text : '')).join(''),
      reasoning: content.map((part) => (part.type === 'reasoning' ? part.text : '')).join(''),
      sources: content.flatMap((part) => (part.type === 'source' && part.sourceType === 'url' ? [part.url] : [])),
      versions: thread.getMessageByIndex(index).getState().branchCount,
    })),
  };
}
