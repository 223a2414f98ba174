import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { page, withExamples } from './examples.js';
import { Server } from './support/server.ts';

const text = readFileSync(page, 'utf8');

test('docs/clients.md contains the examples unchanged (node tests/clients/examples.js writes them)', () => {
  expect(text).toBe(withExamples(text));
  const files = readdirSync(new URL('examples', import.meta.url)).filter((name) => /\.tsx?$/.test(name));
  for (const file of files) expect(text).toContain(`<!-- tests/clients/examples/${file} -->`);
});

test('the commands of docs/clients.md work in their order', async () => {
  const server = await Server.start({ CONFAB_PACE_MS: '100' });
  // Some commands write files.
  const cwd = mkdtempSync(join(tmpdir(), 'confab-docs-'));
  try {
    const commands = [...text.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, commands]) => commands!).join('\n');
    expect(commands).toContain('http://127.0.0.1:8000/graphql');
    const script = commands.replaceAll('http://127.0.0.1:8000/graphql', server.url);
    const shell = spawn('bash', ['-euc', script], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr, changed] = ['', '', false];
    shell.stderr.on('data', (text) => (stderr += text));
    shell.stdout.on('data', (text) => {
      stdout += text;
      if (changed || !stdout.includes('"Reload"')) return;
      changed = true;
      // The change feed does not end, and curl notices that its output is closed only at the next event.
      void change(server);
    });
    const [status] = await once(shell, 'close');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).not.toContain('"errors"');

    const lines = stdout.split('\n');
    const answers = lines.filter((line) => line.startsWith('{"data"')).map((line) => JSON.parse(line).data);
    const [signedIn, page, limited, thought, again, back, search, lists, sent, sentAgain] = answers;
    expect(signedIn.me).toMatchObject({ name: 'ada' });
    expect(page.me.conversations.nodes).toHaveLength(3);
    expect(limited.sendMessage.reply.generation).toEqual({ temperature: null, maxOutputTokens: 2, reasoningEffort: null });
    const reasoning = 'The message has 2 words. I repeat them as they are.';
    expect(thought.node.parts).toEqual([
      { __typename: 'ReasoningPart', index: 0, text: reasoning },
      { __typename: 'TextPart', index: 1, text: 'Think first.' },
    ]);
    expect(thought.node.usage).toMatchObject({ outputTokens: 13, reasoningTokens: 11, cachedTokens: null });
    expect(thought.node.context).toEqual({ messages: 1, leftOut: 0, tokens: 2, estimated: false });
    expect(again.regenerateReply.reply.parent).toEqual({ content: 'A first try' });
    expect(back.switchBranch).toEqual({
      fork: { content: 'A first try' },
      head: { alternatives: [{ id: expect.any(String) }, { id: again.regenerateReply.reply.id }], onBranch: true },
    });
    expect(search.me.search).toMatchObject({ complete: true, nodes: [{ message: null }, { message: { onBranch: true } }] });
    expect(search.me.search.nodes[0].snippet).toEqual([
      { text: '…my box with five dozen ', matched: false },
      { text: 'liquor', matched: true },
      { text: ' ', matched: false },
      { text: 'jugs', matched: true },
      { text: '.', matched: false },
    ]);
    expect(lists.me.others.nodes).not.toEqual([]);
    expect(sentAgain).toEqual(sent);
    expect(JSON.parse(stdout.slice(stdout.indexOf('{\n')))).toMatchObject({ limit: 200000 });

    const events = lines.filter((line) => line.startsWith('data: {')).map((line) => JSON.parse(line.slice(6)).data);
    const replies = events.flatMap(({ reply }) => (reply ? [reply] : []));
    const finished = replies.flatMap(({ message }) => (message ? [message.content] : []));
    const texts = ['The quick brown fox jumps over the lazy dog.', 'Pack my box with five dozen liquor jugs.', 'Think first.'];
    expect(finished).toEqual(texts);
    // The second reply's snapshot is missing here, because the first command has consumed it.
    expect(replies.filter(({ __typename }) => __typename === 'ReplySnapshot')).toHaveLength(1);
    const changes = events.flatMap(({ changes }) => (changes ? [changes.__typename] : []));
    expect(changes).toEqual(['Reload']);
  } finally {
    await server.close();
    rmSync(cwd, { recursive: true });
  }
});

async function change(server: Server): Promise<void> {
  const logIn = 'mutation { logIn(input: { email: "ada@example.com", password: "correct horse battery" }) { accessToken } }';
  const { accessToken } = (await server.ask(logIn)).logIn;
  await server.ask('mutation { createConversation(input: { title: "Another" }) { conversation { id } } }', {}, accessToken);
}
