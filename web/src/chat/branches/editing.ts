import { useSyncExternalStore } from 'react';
import { createStore } from '../../store';
import { draftOf, keepDraft } from '../composer/drafts';
import { execute } from '../graphql/client';
import { SendMessageDocument, type SendMessageInput } from '../graphql/generated';
import type { Message } from '../messages/list';
import { showBranch } from './showBranch';

/** Changes whenever an edit begins or ends. */
const changesStore = createStore(0);

/** Storage name of an edit. It is stored on the device like a draft, so it survives a reload. */
const nameOf = (messageId: string) => `edit:${messageId}`;

/** Returns true while a message is being edited. */
export function useEdited(user: string, messageId: string): boolean {
  return useSyncExternalStore(changesStore.subscribe, () => draftOf(user, nameOf(messageId)) !== '');
}

export function beginEdit(user: string, { id, content }: Message): void {
  if (editOf(user, id) === undefined) keepEdit(user, id, content);
  changesStore.set(changesStore.get() + 1);
}

export function endEdit(user: string, messageId: string): void {
  keepDraft(user, nameOf(messageId), '');
  changesStore.set(changesStore.get() + 1);
}

/** Returns the text of an edit; `undefined` if the message is not being edited. */
export function editOf(user: string, messageId: string): string | undefined {
  const stored = draftOf(user, nameOf(messageId));
  return stored ? (JSON.parse(stored) as string) : undefined;
}

/** Stores the text of an edit. As JSON, because an empty draft would not be stored. */
export function keepEdit(user: string, messageId: string, text: string): void {
  keepDraft(user, nameOf(messageId), JSON.stringify(text));
}

/** Sends the edited version of a message, which starts a new branch. Stops replies in progress. */
export async function saveEdit(input: SendMessageInput): Promise<void> {
  const sent = await execute(SendMessageDocument, { input: { ...input, whenBusy: 'STOP_CURRENT' } });
  const { conversation, message, reply } = sent.sendMessage;
  showBranch(conversation, message.parent?.id ?? null, [message, reply]);
}
