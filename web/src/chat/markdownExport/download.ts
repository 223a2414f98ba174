import type { Conversation } from '../conversations/list';
import { execute } from '../graphql/client';
import { ConversationDocument } from '../graphql/generated';
import { ApiError } from '../graphql/apiError';
import type { Message, Page } from '../messages/list';
import { fileName, toMarkdown } from './markdown';

/** Largest page of messages. */
const PAGE = 100;

/** Downloads the branch of a chat that is shown as a Markdown document. */
export async function downloadMarkdown({ id, title }: Conversation, user: string): Promise<void> {
  save(fileName(title), toMarkdown(title, await allMessages(id), user));
}

async function allMessages(id: string): Promise<Message[]> {
  let page = await pageBefore(id);
  const messages = [...page.nodes];
  while (page.pageInfo.hasPreviousPage) {
    page = await pageBefore(id, page.pageInfo.startCursor);
    messages.unshift(...page.nodes);
  }
  return messages;
}

async function pageBefore(id: string, before: string | null = null): Promise<Page> {
  const { conversation } = await execute(ConversationDocument, { id, last: PAGE, before });
  if (!conversation) throw new ApiError({ code: 'NOT_FOUND', message: 'The conversation does not exist.' });
  return conversation.messages;
}

function save(name: string, text: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'text/markdown;charset=utf-8' }));
  link.download = name;
  link.click();
  // Not at once, because some browsers read it later.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
