import { openArchive } from '../archive/Archive';
import { openSettings } from '../account/OpenAccountDialog';
import { focusComposer } from '../composer/field';
import type { Conversation } from '../conversations/list';
import { open } from '../route';
import { openShortcuts } from '../shortcuts/Shortcuts';
import { texts } from '../texts';
import type { IconName } from '../ui/Icon';
import { setTheme, THEMES } from '../ui/theme';
import { matchedParts, type Part } from './match';
import { openMessage } from './openMessage';
import type { Hit } from './useSearch';

/** Something that can be chosen in the palette. */
export interface Entry {
  readonly id: string;
  readonly icon: IconName;
  readonly parts: readonly Part[];
  /** The chat of a message. */
  readonly chat?: string;
  /** Who wrote a message, and when. */
  readonly by?: string;
  readonly at?: string;
  readonly archived?: boolean;
  readonly run: () => void;
}

/** Number of chats from the list. More are found by their titles. */
const MOST_CHATS = 6;

const ACTIONS: readonly { id: string; icon: IconName; label: string; run: () => void }[] = [
  { id: 'new', icon: 'plus', label: texts.newChat, run: () => (open(), focusComposer()) },
  { id: 'settings', icon: 'settings', label: texts.settings, run: openSettings },
  { id: 'archive', icon: 'archive', label: texts.archivedChats, run: openArchive },
  { id: 'shortcuts', icon: 'keyboard', label: texts.shortcuts, run: openShortcuts },
  ...THEMES.map((theme) => ({
    id: `theme-${theme}`,
    icon: 'theme' as const,
    label: texts.switchTheme(texts.themes[theme]),
    run: () => setTheme(theme),
  })),
];

export function actionEntries(words: readonly string[]): Entry[] {
  return ACTIONS.flatMap(({ label, ...action }) => {
    const parts = matchedParts(label, words);
    return parts ? [{ ...action, parts }] : [];
  });
}

/** Returns the loaded chats whose titles match, the most recently used first. */
export function chatEntries(chats: readonly Conversation[], words: readonly string[]): Entry[] {
  const entries: Entry[] = [];
  for (const { id, title } of chats) {
    const parts = matchedParts(title, words);
    if (parts) entries.push({ id, icon: 'chat', parts, run: () => open(id) });
    if (entries.length === MOST_CHATS) break;
  }
  return entries;
}

/** Returns what the server has found, without the chats that are listed already. */
export function hitEntries(hits: readonly Hit[], listed: readonly Entry[]): Entry[] {
  return hits.flatMap(({ conversation, message, snippet }): Entry[] => {
    const archived = conversation.archivedAt !== null;
    if (message) {
      const run = () => void openMessage(conversation.id, message);
      const by = message.role === 'USER' ? texts.you : texts.assistant;
      return [{ id: message.id, icon: 'message', parts: snippet, chat: conversation.title, by, at: message.createdAt, archived, run }];
    }
    if (listed.some(({ id }) => id === conversation.id)) return [];
    return [{ id: conversation.id, icon: 'chat', parts: snippet, archived, run: () => open(conversation.id) }];
  });
}
