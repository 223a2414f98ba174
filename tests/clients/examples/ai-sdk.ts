import type { ChatTransport, UIMessage, UIMessageChunk } from 'ai';
import { asError, isRunning, kindOf, loadMessages, request, type Message, type Part, type PartsEvent } from './chat.ts';
import { FOLLOW_PARTS, HEAD, REGENERATE, SEND, STOP_REPLY, SWITCH_BRANCH } from './chat.ts';
import type { SubscribeClient } from './follow.ts';

/** A message of `useChat`. `alternatives` are the IDs of all versions of this message, oldest first. */
export type ChatMessage = UIMessage<{ running: boolean; alternatives: string[]; error: Message['error'] }>;

type SendOptions = Parameters<ChatTransport<ChatMessage>['sendMessages']>[0];

/** Connects `useChat` with Confab. The ID of a chat is the ID of a conversation. */
export class ConfabTransport implements ChatTransport<ChatMessage> {
  /** A resumed stream begins with everything that the reply has so far. */
  readonly resumeStreamIsReplay = true;
  /** The IDs that the server gave to the messages of `useChat`. */
  readonly #ids = new Map<string, string>();
  /** The ID of the reply to each message of `useChat`. */
  readonly #replies = new Map<string, string>();

  constructor(readonly client: SubscribeClient) {}

  /** Loads the active branch, for the option `messages` of `useChat` or for `setMessages`. */
  async load(chatId: string): Promise<ChatMessage[]> {
    const { messages } = await loadMessages(this.client, chatId, 'messages');
    for (const { id, parent } of messages) {
      this.#ids.set(id, id);
      if (parent) this.#replies.set(parent.id, id);
    }
    return messages.map(chatMessage);
  }

  async sendMessages({ trigger, chatId, messageId, messages }: SendOptions) {
    const message = messages.at(-1)!;
    const earlier = this.#replies.get(message.id);
    // If the connection is lost, the client sends the mutation again. The key makes that safe.
    const idempotencyKey = crypto.randomUUID();
    // A message that could not be sent has no reply. Then `regenerate` sends it.
    if (trigger === 'regenerate-message' && earlier) {
      const { regenerateReply } = await request(this.client, REGENERATE, { input: { messageId: earlier, idempotencyKey } });
      return this.#follow(message.id, regenerateReply.reply);
    }
    const content = message.parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
    const replaces = messageId && this.#ids.get(messageId);
    const input = { conversationId: chatId, content, replaces, idempotencyKey };
    const { sendMessage } = await request(this.client, SEND, { input });
    this.#ids.set(message.id, sendMessage.message.id);
    return this.#follow(message.id, sendMessage.reply);
  }

  /** Streams the last reply from its start. It may have finished since the messages were loaded. */
  async reconnectToStream({ chatId }: { chatId: string }) {
    const head = await this.#head(chatId);
    return head && this.#follow(head.parent!.id, head);
  }

  /** Stops the last reply. The `stop` of `useChat` only leaves the stream, as unmounting the component does. */
  async stop(chatId: string): Promise<void> {
    const head = await this.#head(chatId);
    if (head) await request(this.client, STOP_REPLY, { input: { messageId: head.id } });
  }

  /** Makes one of the `alternatives` of a message active. Load the messages again afterwards. */
  async switchBranch(messageId: string): Promise<void> {
    await request(this.client, SWITCH_BRANCH, { input: { messageId } });
  }

  async #head(chatId: string): Promise<Message | null> {
    return (await request(this.client, HEAD, { id: chatId })).conversation.head;
  }

  #follow(messageId: string, reply: Message): ReadableStream<UIMessageChunk> {
    this.#replies.set(messageId, reply.id);
    const chunksOf = chunker(reply);
    let leave = () => {};
    return new ReadableStream({
      start: (stream) => {
        leave = this.client.subscribe({ query: FOLLOW_PARTS, variables: { messageId: reply.id } }, {
          next({ data, errors }) {
            if (!data) return stream.error(asError(errors));
            for (const chunk of chunksOf(data.reply)) stream.enqueue(chunk);
            if (data.reply.message) stream.close();
          },
          error: (reason) => stream.error(asError(reason)),
          complete() {},
        });
      },
      cancel: () => leave(),
    });
  }
}

/** Returns a function that translates the events of a reply. */
function chunker(reply: Message) {
  let started = false;
  let open: { kind: 'text' | 'reasoning'; id: string } | undefined;

  function* close(): Generator<UIMessageChunk> {
    if (open) yield { type: `${open.kind}-end`, id: open.id };
    open = undefined;
  }

  function* add(part: Part): Generator<UIMessageChunk> {
    const [kind, id] = [kindOf(part), `${part.index}`];
    if (id !== open?.id) yield* close();
    if (kind === 'source') return yield { type: 'source-url', sourceId: id, url: part.text, title: part.title ?? undefined };
    if (!open) yield { type: `${kind}-start`, id };
    open = { kind, id };
    yield { type: `${kind}-delta`, id, delta: part.text };
  }

  return function* ({ __typename, parts, message }: PartsEvent): Generator<UIMessageChunk> {
    if (__typename === 'ReplySnapshot') {
      // A later snapshot begins another attempt.
      yield started ? { type: 'reset-step' } : { type: 'start', messageId: reply.id, messageMetadata: metadata(reply) };
      started = true;
      open = undefined;
    }
    for (const part of parts ?? []) yield* add(part);
    if (!message) return;
    yield* close();
    yield { type: 'message-metadata', messageMetadata: metadata(message) };
    if (message.error) yield { type: 'error', errorText: message.error.message };
    else yield { type: 'finish', finishReason: finishReason(message) };
  };
}

function chatMessage(message: Message): ChatMessage {
  const parts = message.parts.map((part) => {
    const type = kindOf(part);
    if (type !== 'source') return { type, text: part.text };
    return { type: 'source-url' as const, sourceId: `${part.index}`, url: part.text, title: part.title ?? undefined };
  });
  return { id: message.id, role: message.role === 'USER' ? 'user' : 'assistant', parts, metadata: metadata(message) };
}

function metadata(message: Message): ChatMessage['metadata'] {
  return { running: isRunning(message), alternatives: message.alternatives.map(({ id }) => id), error: message.error };
}

function finishReason({ status, finishReason }: Message) {
  if (status === 'STOPPED') return 'other';
  return finishReason === 'LENGTH' ? 'length' : finishReason === 'CONTENT_FILTER' ? 'content-filter' : 'stop';
}
