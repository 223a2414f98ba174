import { expect, test } from 'vitest';
import type { Message } from '../messages/list';
import { fileName, toMarkdown } from './markdown';

const message = (role: Message['role'], content: string, rest: Partial<Message> = {}): Message => ({
  id: content, parent: null, role, content, status: 'COMPLETED', model: null, createdAt: '2026-03-01T10:20:00Z', finishReason: null, rating: null, ratingNote: null, error: null, usage: null, context: null, ...rest,
});

test('a document has the title, who wrote each message and when, and the messages as they are', () => {
  const code = '```js\n# no heading\n```';
  const document = toMarkdown('On\ncode', [message('USER', 'Show *me*.\n'), message('ASSISTANT', code, { model: 'echo' })], 'Ada');
  expect(document.replace(/ · .*2026.*/g, '')).toBe(`# On code\n\n## Ada\n\nShow *me*.\n\n## Assistant (echo)\n\n${code}\n`);
  expect(document).toMatch(/^## Ada · .*2026.*\d\d/m);
});

test('a code block that a stopped reply left open is closed', () => {
  const stopped = message('ASSISTANT', '````md\n```\ninner', { status: 'STOPPED' });
  expect(toMarkdown('T', [stopped], 'Ada')).toContain('inner\n````\n\n*Stopped.*\n');
});

test('a failed reply tells why it failed', () => {
  const failed = message('ASSISTANT', '', { status: 'FAILED', error: { code: 'TIMEOUT', message: '', details: null } });
  expect(toMarkdown('T', [failed], 'Ada')).toContain('*The model took too long to respond.*');
});

test('a file name is one that all systems accept', () => {
  expect(fileName('../What: is "a/b"?\n')).toBe('What is a b.md');
  expect(fileName('...')).toBe('Confab.md');
  expect(fileName('é'.repeat(80))).toBe(`${'é'.repeat(60)}.md`);
});
