import { useChat } from '@ai-sdk/react';
import { useEffect } from 'react';
import { create } from 'react-test-renderer';
import { ConfabTransport, type ChatMessage } from './examples/ai-sdk.ts';
import { chatSuite, type View } from './support/chats.ts';
import { Views } from './support/views.ts';

chatSuite('AI SDK', async (client, id) => {
  const transport = new ConfabTransport(client);
  const messages = await transport.load(id);
  const views = new Views<View>();
  let chat!: ReturnType<typeof useChat<ChatMessage>>;

  function Chat() {
    const shown = useChat<ChatMessage>({
      id,
      transport,
      messages,
      resume: messages.at(-1)?.metadata?.running ?? false,
      onFinish: ({ isAbort }) => void (isAbort || reload()),
    });
    useEffect(() => {
      chat = shown;
      views.add(view(shown));
    });
    return null;
  }
  const reload = async () => chat.setMessages(await transport.load(id));

  const page = create(<Chat />);
  await views.until(() => true);
  return {
    views,
    send: (text) => void chat.sendMessage({ text }),
    edit: (index, text) => void chat.sendMessage({ text, messageId: chat.messages[index]!.id }),
    regenerate: () => void chat.regenerate(),
    stop: () => void transport.stop(id),
    select: (index, version) =>
      void transport.switchBranch(chat.messages[index]!.metadata!.alternatives[version]!).then(reload),
    unmount: () => page.unmount(),
  };
});

function view({ status, error, messages }: Pick<ReturnType<typeof useChat<ChatMessage>>, 'status' | 'error' | 'messages'>): View {
  // While `useChat` reconnects, its status is still `ready`.
  const running = status === 'submitted' || status === 'streaming' || messages.at(-1)?.metadata?.running;
  return {
    state: status === 'error' ? 'error' : running ? 'running' : 'ready',
    error: error?.message ?? messages.at(-1)?.metadata?.error?.message,
    messages: messages.map(({ parts, metadata }) => ({
      text: parts.map((part) => (part.type === 'text' ? part.text : '')).join(''),
      reasoning: parts.map((part) => (part.type === 'reasoning' ? part.text : '')).join(''),
      sources: parts.flatMap((part) => (part.type === 'source-url' ? [part.url] : [])),
      versions: metadata?.alternatives.length ?? 1,
    })),
  };
}
