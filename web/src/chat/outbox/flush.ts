import { withConversation } from '../conversations/list';
import { withTabLock } from '../tabLock';
import { execute } from '../graphql/client';
import { SendMessageDocument, type SendMessageMutation } from '../graphql/generated';
import { toApiError } from '../graphql/apiError';
import { loadMessages } from '../messages/actions';
import { withMessages } from '../messages/list';
import { displayedModel } from '../models/choice';
import { pause } from '../pause';
import { sessionStore } from '../session/session';
import { change, stateStore } from '../state';
import { startedAs, drop, keep, recordStarted, outboxStore, isWaiting } from './storage';
import { entriesOf, inputOf, isNew, nextToSend, randomKey, type Entry } from './outbox';

/** Settings of a new conversation that are sent with its first message. */
export type FirstMessageOptions = Pick<Entry, 'model' | 'systemPrompt' | 'generation'>;

/** Stores a message, and sends it as soon as possible. */
export function send(conversation: string, content: string, { model, ...options }: FirstMessageOptions = {}): void {
  const name = startedAs(conversation) ?? conversation;
  // After the waiting entries, even if the clock has been set back.
  const at = Math.max(Date.now(), (entriesOf(outboxStore.get(), name).at(-1)?.at ?? 0) + 1);
  keep({ key: randomKey(), conversation: name, content, model: model ?? displayedModel(name), ...options, at });
}

/** Sends a refused entry again under the same key. If the server has stored it after all, it is not stored twice. */
export function sendAgain({ refused: _, held: __, ...entry }: Entry): void {
  keep(entry);
}

/** Sends the waiting entries, one at a time per conversation, until the user signs out. */
export function flushOutbox(): () => void {
  const busy = new Set<string>();
  let ended = false;

  const sendNext = () => {
    if (ended || sessionStore.get().status !== 'signedIn') return;
    for (const entry of nextToSend(outboxStore.get(), busy)) {
      busy.add(entry.conversation);
      void deliver(entry, () => ended).finally(() => {
        busy.delete(entry.conversation);
        sendNext();
      });
    }
  };
  const unsubscribe = outboxStore.subscribe(sendNext);
  sendNext();
  return () => {
    ended = true;
    unsubscribe();
  };
}

/** Sends an entry until the server accepts or refuses it. If two tabs send it at once, its key is the same. */
async function deliver(entry: Entry, ended: () => boolean): Promise<void> {
  for (let attempt = 0; !ended(); attempt++) {
    const done = await withTabLock(`confab:send:${entry.conversation}`, async () => {
      // Another tab has sent the entry, or the user has discarded it.
      if (ended() || !isWaiting(entry)) return true;
      try {
        sent(entry, (await execute(SendMessageDocument, { input: inputOf(entry) })).sendMessage);
        return true;
      } catch (error) {
        const { code, field, message, retryable, retryAfter } = toApiError(error);
        // The user must sign in again, or has discarded the entry.
        if (code === 'UNAUTHENTICATED' || !isWaiting(entry)) return true;
        // The model is no longer available. Without it, the conversation's own model replies, or the error explains why not.
        if (field === 'model' && entry.model && !isNew(entry.conversation)) {
          keep({ ...entry, model: undefined });
          return true;
        }
        if (!retryable) {
          keep({ ...entry, refused: { code, message } });
          return true;
        }
        if (code === 'RATE_LIMITED') keep({ ...entry, held: true });
        return retryAfter ?? 0;
      }
    });
    if (done === true) return;
    if (done > 0) await new Promise((resolve) => setTimeout(resolve, done * 1000));
    else await pause(attempt);
  }
}

function sent(entry: Entry, { conversation, message, reply }: SendMessageMutation['sendMessage']): void {
  const started = isNew(entry.conversation);
  change((state) => {
    const list = state.messages[conversation.id] ?? (started ? { items: [] } : undefined);
    return {
      conversations: withConversation(state.conversations, conversation),
      messages: list
        ? { ...state.messages, [conversation.id]: withMessages(list, message, reply) }
        : state.messages,
    };
  });
  // The conversation was being loaded meanwhile, and the response may lack the message.
  if (!stateStore.get().messages[conversation.id]) void loadMessages(conversation.id);
  if (started) {
    recordStarted(entry.conversation, conversation.id);
    for (const later of entriesOf(outboxStore.get(), entry.conversation)) {
      if (later.key !== entry.key) keep({ ...later, conversation: conversation.id });
    }
  }
  drop(entry);
}
