import { expect, scripted, test } from './support/test.ts';

const HOSTILE = `<script>alert(1)</script>

<img src=x onerror="alert(2)"> <b onclick="alert(3)">bold</b> <kbd onclick="alert(9)">key</kbd>

<details open ontoggle="alert(10)">
<summary onclick="alert(11)">sum</summary>
</details>

[click](javascript:alert(4)) [data](data:text/html,<script>alert(5)</script>) [safe](https://example.com/?q=1)

![picture](http://tracker.example/pixel.png)

[ref]: javascript:alert(6)
[ref] <javascript:alert(7)>

\`\`\`html
<script>alert(8)</script>
\`\`\`
`;

scripted('nothing that a model writes is run or fetched', async ({ page, ada, provider }) => {
  let asked = false;
  page.on('dialog', (dialog) => {
    asked = true;
    void dialog.dismiss();
  });
  await ada.say('Attack!');
  const answer = await provider.asked();
  answer.say(HOSTILE);
  answer.end();
  await ada.replyEnded();

  await expect(ada.reply).toContainText('<script>alert(1)</script>');
  await expect(ada.reply).toContainText('<img src=x onerror="alert(2)">');
  await expect(ada.reply.locator('script, img, iframe, details, kbd, [onclick], [onerror], [style]')).toHaveCount(0);
  const links = await ada.reply.getByRole('link').evaluateAll((all) => all.map((link) => link.getAttribute('href')));
  expect(links).toEqual(['https://example.com/?q=1', 'http://tracker.example/pixel.png']);
  for (const link of await ada.reply.getByRole('link').all()) {
    await expect(link).toHaveAttribute('rel', /noopener/);
    await expect(link).toHaveAttribute('target', '_blank');
  }
  for (const text of ['click', 'data']) await ada.reply.getByText(text, { exact: true }).click();
  expect(asked).toBe(false);
});

for (const path of ['/', '/playground']) {
  test(`the policy of ${path} allows only our own scripts`, async ({ page, guard }) => {
    const response = (await page.goto(path))!;
    const policy = response.headers()['content-security-policy']!;
    const directives = new Map(policy.split(';').map((directive) => [directive.trim().split(' ')[0], directive.trim()]));
    expect(directives.get('default-src')).toBe("default-src 'none'");
    expect(directives.get('script-src')).toBe("script-src 'self'");
    expect(directives.get('connect-src')).toBe("connect-src 'self'");
    expect(directives.get('frame-ancestors')).toBe("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|\*|https?:/);

    // The policy is enforced.
    guard.expected = /inline script violates|against the policy: script-src-elem inline/;
    const run = await page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'globalThis.attacked = true';
      document.body.append(script);
      return 'attacked' in globalThis;
    });
    expect(run).toBe(false);
  });
}

test('no script can read the refresh token', async ({ page, ada, context, server }) => {
  await ada.say('Hello.');
  await ada.replyEnded();
  await ada.pageStored();
  const cookies = await context.cookies();
  expect(cookies).toHaveLength(1);
  expect(cookies[0]).toMatchObject({ name: 'confab_refresh', httpOnly: true, sameSite: 'Strict', path: '/graphql' });
  const token = cookies[0]!.value;

  const readable = await page.evaluate(async () => {
    const kept = await Promise.all((await caches.keys()).map((name) => caches.open(name)));
    const responses = (await Promise.all(kept.map((cache) => cache.matchAll()))).flat();
    const files = await Promise.all(responses.map((response) => response.text()));
    const stored = JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, history.state, files]);
    const databases = await indexedDB.databases();
    return { stored, databases: databases.length };
  });
  expect(readable.databases).toBe(0);
  expect(readable.stored).not.toContain(token);
  expect(readable.stored, 'no access token is stored').not.toMatch(/eyJ[\w-]+\.eyJ/);

  // Another site's page cannot use the token: its requests come without the cookie, and would be refused even with it.
  const askFrom = async (origin: string) => {
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'confab-session': 'cookie', origin, cookie: `confab_refresh=${token}` },
      body: JSON.stringify({ query: 'mutation { refreshSession(input: { refreshToken: "" }) { accessToken } }' }),
    });
    return response.text();
  };
  expect(await askFrom('https://evil.example')).not.toContain('eyJ');
  expect(await askFrom(server.url), 'only the origin makes the difference').toContain('eyJ');
});
