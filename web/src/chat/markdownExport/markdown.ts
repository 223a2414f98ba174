import type { Message } from '../messages/list';
import { texts } from '../texts';
import { truncate } from '../truncate';
import { dateAndTimeInFull } from '../ui/dates';

/** Longest name of a file, in characters. Some systems allow 255 bytes. */
const LONGEST_NAME = 60;

/** Returns a chat as a Markdown document. The messages are unchanged. */
export function toMarkdown(title: string, messages: readonly Message[], user: string): string {
  const sections = messages.map((message) => {
    const who = message.role === 'USER' ? user : message.model ? `${texts.assistant} (${message.model})` : texts.assistant;
    const heading = `## ${onOneLine(who)} · ${dateAndTimeInFull(new Date(message.createdAt))}`;
    return [heading, withClosedFence(message.content.trimEnd()), noteOn(message)].filter(Boolean).join('\n\n');
  });
  return `${[`# ${onOneLine(title)}`, ...sections].join('\n\n')}\n`;
}

function noteOn({ status, error, finishReason }: Message): string {
  if (status === 'STOPPED') return `*${texts.stopped}*`;
  if (status === 'FAILED') return `*${texts.failed[error?.code ?? ''] ?? texts.failedOtherwise}*`;
  return finishReason === 'LENGTH' ? `*${texts.cutOff}*` : '';
}

/** Closes a code block that is still open at the end of a message, so that the next message is no part of it. */
function withClosedFence(text: string): string {
  let open: string | undefined;
  for (const line of text.split('\n')) {
    const [, fence = '', rest = ''] = /^ {0,3}(`{3,}|~{3,})(.*)$/.exec(line) ?? [];
    if (!fence) continue;
    if (open === undefined) open = fence;
    else if (fence[0] === open[0] && fence.length >= open.length && rest.trim() === '') open = undefined;
  }
  return open === undefined ? text : `${text}\n${open}`;
}

function onOneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** Returns a file name that all systems accept. */
export function fileName(title: string): string {
  const safe = onOneLine(title.replace(/[\\/:*?"<>|\p{Cc}\p{Cf}]/gu, ' '));
  return `${truncate(safe, LONGEST_NAME).replace(/^[.\s]+|[.\s]+$/g, '') || texts.name}.md`;
}
