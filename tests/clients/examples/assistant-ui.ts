import { ExportedMessageRepository, useExternalStoreRuntime } from '@assistant-ui/react';
import type { AppendMessage, ThreadMessage, ThreadMessageLike } from '@assistant-ui/react';
import { useEffect, useMemo, useSyncExternalStore } from 'react';
import { asError, isRunning, kindOf, loadMessages, partsAfter, request, type Message, type Part } from './chat.ts';
import { FOLLOW_PARTS, REGENERATE, SEND, STOP_REPLY, SWITCH_BRANCH } from './chat.ts';
import type { SubscribeClient } from './follow.ts';

/** The runtime of one conversation, for `AssistantRuntimeProvider`. Without an ID, the first message creates it. */
export function useConfabRuntime(client: SubscribeClient, conversationId?: string) {
  const thread = useMemo(() => new Thread(client, conversationId), [client, conversationId]);
  useEffect(() => thread.open(), [thread]);
  const state = useSyncExternalStore(thread.listen, () => thread.state);
  return useExternalStoreRuntime<ThreadMessage>({
    messageRepository: state.repository,
    isLoading: state.loading,
    isRunning: state.running,
    extras: { conversationId: state.conversationId, error: state.error },
    onNew: thread.send,
    onEdit: thread.send,
    onReload: (_parentId, { sourceId }) => thread.regenerate(sourceId!),
    onCancel: thread.stop,
    // The runtime calls this with the messages of the branch that the user has selected.
    setMessages: (messages) => void thread.show(messages.at(-1)?.id),
  });
}

interface State {
  /** `undefined` until the first message is sent. */
  conversationId: string | undefined;
  /** All messages of all branches. */
  repository: ExportedMessageRepository;
  running: boolean;
  loading: boolean;
  /** The reason why the last action failed. The error of a reply is in its status instead. */
  error: Error | undefined;
}

/** A conversation and its replies in progress. */
class Thread {
  state: State;
  readonly #messages = new Map<string, Message>();
  /** The last message of the active branch. */
  #headId: string | null = null;
  readonly #listeners = new Set<() => void>();
  #isOpen = false;
  /** For each reply in progress, the function that stops following it. */
  readonly #followed = new Map<string, () => void>();

  constructor(readonly client: SubscribeClient, conversationId: string | undefined) {
    this.state = { conversationId, repository: { messages: [] }, running: false, loading: !!conversationId, error: undefined };
  }

  listen = (listener: () => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  /** Loads the conversation and follows its replies. Closing it does not stop them. */
  open(): () => void {
    this.#isOpen = true;
    const { conversationId } = this.state;
    if (conversationId) {
      void this.#act(async () => {
        const { messages, headId } = await loadMessages(this.client, conversationId, 'tree');
        this.#add(messages, headId);
      });
    }
    return () => {
      this.#isOpen = false;
      for (const leave of this.#followed.values()) leave();
      this.#followed.clear();
    };
  }

  /** Sends a new message, or an edited one that replaces the message `sourceId`. */
  send = ({ content, sourceId }: AppendMessage) =>
    this.#act(async () => {
      const text = content.map((part) => (part.type === 'text' ? part.text : '')).join('');
      const { conversationId } = this.state;
      const input = { conversationId, content: text, replaces: sourceId, idempotencyKey: crypto.randomUUID() };
      const { conversation, message, reply } = (await request(this.client, SEND, { input })).sendMessage;
      this.#add([message, reply], reply.id, conversation.id);
    });

  regenerate = (messageId: string) =>
    this.#act(async () => {
      const input = { messageId, idempotencyKey: crypto.randomUUID() };
      const { reply } = (await request(this.client, REGENERATE, { input })).regenerateReply;
      this.#add([reply], reply.id);
    });

  stop = () => this.#act(() => request(this.client, STOP_REPLY, { input: { messageId: this.#headId } }));

  /** Makes the branch with this message active. */
  show = (messageId: string | undefined) =>
    this.#act(async () => {
      if (!messageId || messageId === this.#headId) return;
      const { head } = (await request(this.client, SWITCH_BRANCH, { input: { messageId } })).switchBranch;
      this.#add([], head.id);
    });

  /** Adds messages, follows those in progress, and shows the branch that ends with `headId`. */
  #add(messages: Message[], headId: string | null, conversationId = this.state.conversationId): void {
    for (const message of messages) this.#messages.set(message.id, message);
    this.#headId = headId;
    this.#publish({ conversationId });
    messages.filter(isRunning).forEach(({ id }) => this.#follow(id));
  }

  #follow(messageId: string): void {
    if (!this.#isOpen || this.#followed.has(messageId)) return;
    const leave = this.client.subscribe({ query: FOLLOW_PARTS, variables: { messageId } }, {
      next: ({ data, errors }) => {
        if (!data) return this.#publish({ error: asError(errors) });
        const message = this.#messages.get(messageId)!;
        if (data.reply.message) this.#followed.delete(messageId);
        this.#messages.set(messageId, data.reply.message ?? { ...message, parts: partsAfter(message.parts, data.reply) });
        this.#publish({});
      },
      error: (reason) => this.#publish({ error: asError(reason) }),
      complete() {},
    });
    this.#followed.set(messageId, leave);
  }

  async #act(action: () => Promise<void>): Promise<void> {
    this.#publish({ error: undefined });
    await action().catch((error) => this.#publish({ error }));
    this.#publish({ loading: false });
  }

  #publish(change: Partial<State>): void {
    const head = this.#headId && this.#messages.get(this.#headId);
    const repository = { headId: this.#headId, messages: [...this.#messages.values()].map(converted) };
    this.state = { ...this.state, repository, running: !!head && isRunning(head), ...change };
    for (const listener of this.#listeners) listener();
  }
}

type Item = ExportedMessageRepository['messages'][number];

/** Messages do not change, so that each is converted only once. */
const items = new WeakMap<Message, Item>();

function converted(message: Message): Item {
  const known = items.get(message);
  if (known) return known;
  const tree = [{ message: threadMessage(message), parentId: message.parent?.id ?? null }];
  const [item] = ExportedMessageRepository.fromBranchableArray(tree).messages;
  items.set(message, item!);
  return item!;
}

function threadMessage(message: Message): ThreadMessageLike {
  const common = { id: message.id, createdAt: new Date(message.createdAt), content: message.parts.map(content) };
  return message.role === 'USER' ? { ...common, role: 'user' } : { ...common, role: 'assistant', status: status(message) };
}

function content(part: Part): Exclude<ThreadMessageLike['content'], string>[number] {
  const { text, title } = part;
  const type = kindOf(part);
  return type === 'source' ? { type, sourceType: 'url', id: text, url: text, ...(title && { title }) } : { type, text };
}

function status({ status, finishReason, error }: Message): ThreadMessageLike['status'] {
  if (status === 'STOPPED') return { type: 'incomplete', reason: 'cancelled' };
  if (status === 'FAILED') return { type: 'incomplete', reason: 'error', error: error!.message };
  if (status !== 'COMPLETED') return { type: 'running' };
  if (finishReason === 'LENGTH') return { type: 'incomplete', reason: 'length' };
  if (finishReason === 'CONTENT_FILTER') return { type: 'incomplete', reason: 'content-filter' };
  return { type: 'complete', reason: 'stop' };
}
