import { gzipSync } from 'node:zlib';
import type { Page } from '@playwright/test';
import { expect, test } from './support/test.ts';

function fetched(page: Page): Promise<string> {
  return page.evaluate(() =>
    performance
      .getEntriesByType('resource')
      .filter((entry) => entry.name.includes('/assets/') && (entry as PerformanceResourceTiming).transferSize > 0)
      .map(({ name }) => name)
      .join('\n'),
  );
}

test('the first load is small, and its files are loaded once', async ({ page, ada, context }) => {
  // The first page has loaded all of its files, also the font.
  await page.waitForLoadState('networkidle');
  await page.evaluate(() => document.fonts.ready);
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
  // Files that came over the network, as the browser reports them: for the first page some, for the second none.
  expect(await fetched(page)).toContain('/assets/');
  expect(await fetched(fresh)).toBe('');
  const total = [...scripts.values()].reduce((sum, size) => sum + size, 0);
  expect(total).toBeGreaterThan(10_000);
  expect(total).toBeLessThan(150_000);
  for (const url of scripts.keys()) expect(url).toMatch(/\/assets\/[\w.-]+-[\w-]{8}\.js$/);
});
