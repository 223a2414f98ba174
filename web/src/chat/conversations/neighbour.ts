import { pathTo } from '../route';

/** Returns the element to focus when a row is removed: the next row, the previous one, or the link to a new chat. */
export function neighbourOf(row: Element | null | undefined): HTMLElement | null {
  const links = [...document.querySelectorAll<HTMLElement>('.conversation-row > a')];
  const index = links.findIndex((link) => row?.contains(link));
  return links[index + 1] ?? links[index - 1] ?? document.querySelector<HTMLElement>('.new-chat');
}

/** Returns the link to a conversation in the list, if it is rendered. */
export function rowOf(conversationId: string): HTMLElement | null {
  return document.querySelector<HTMLElement>(`.conversation-row > a[href=${JSON.stringify(pathTo(conversationId))}]`);
}
