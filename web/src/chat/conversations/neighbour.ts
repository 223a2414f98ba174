import { pathTo } from '../route';

/** Where the keyboard goes on when a row of the list is taken away: the next, or the one before, or a new chat. */
export function neighbourOf(row: Element | null | undefined): HTMLElement | null {
  const links = [...document.querySelectorAll<HTMLElement>('.conversation-row > a')];
  const index = links.findIndex((link) => row?.contains(link));
  return links[index + 1] ?? links[index - 1] ?? document.querySelector<HTMLElement>('.new-chat');
}

/** The link to a conversation in the list, if it is in sight. */
export function rowOf(conversationId: string): HTMLElement | null {
  return document.querySelector<HTMLElement>(`.conversation-row > a[href=${JSON.stringify(pathTo(conversationId))}]`);
}
