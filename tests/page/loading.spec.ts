import { gzipSync } from 'node:zlib';
import { expect, test } from './support/test.ts';

test('the first load is small, kept, and asked for once', async ({ page, ada, context }) => {
  const scripts = new Map<string, number>();
  const fresh = await context.newPage();
  fresh.on('response', async (response) => {
    if (response.request().resourceType() !== 'script') return;
    expect(response.headers()['cache-control']).toBe('public, max-age=31536000, immutable');
    expect(response.headers()['content-encoding']).toBe('br');
    scripts.set(response.url(), gzipSync(await response.body()).length);
  });
  await fresh.goto(page.url());
  await expect(ada.on(fresh).composer).toBeVisible();
  await fresh.waitForLoadState('networkidle');
  const total = [...scripts.values()].reduce((sum, size) => sum + size, 0);
  expect(total).toBeGreaterThan(10_000);
  expect(total).toBeLessThan(150_000);
  for (const url of scripts.keys()) expect(url).toMatch(/\/assets\/[\w.-]+-[\w-]{8}\.js$/);
});
