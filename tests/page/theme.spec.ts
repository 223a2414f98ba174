import type { Page } from '@playwright/test';
import { expect, test } from './support/test.ts';

// The service worker's files would bypass the route below.
test.use({ colorScheme: 'light', serviceWorkers: 'block' });
test.beforeEach(({ guard }) => void (guard.expected = /Service Worker registration blocked/));

const GROUND = { light: 'rgb(255, 255, 255)', dark: 'rgb(23, 24, 28)' };

async function isIn(page: Page, theme: keyof typeof GROUND): Promise<void> {
  await expect(page.locator('html')).toHaveCSS('background-color', GROUND[theme]);
}

async function choose(page: Page, theme: string): Promise<void> {
  await page.getByRole('button', { name: /^Account: / }).click();
  await page.getByRole('menuitemradio', { name: theme }).click();
}

test('a theme chosen in the menu applies to all tabs, until the system’s is chosen again', async ({ page, ada, context }) => {
  const other = await context.newPage();
  await other.goto('/');
  await expect(ada.on(other).composer).toBeVisible();
  await isIn(page, 'light');
  await choose(page, 'Dark');
  for (const tab of [page, other]) {
    await isIn(tab, 'dark');
    await expect(tab.locator('meta[name=theme-color][data-theme=dark]')).toHaveAttribute('media', '');
  }
  await page.getByRole('button', { name: /^Account: / }).click();
  await expect(page.getByRole('menuitemradio', { name: 'Dark' })).toBeChecked();
  await page.keyboard.press('Escape');

  await choose(other, 'Light');
  await page.emulateMedia({ colorScheme: 'dark' });
  for (const tab of [page, other]) await isIn(tab, 'light');
  await choose(page, 'System');
  await isIn(page, 'dark');
  await isIn(other, 'light');
});

test('the page has its theme before the first paint', async ({ page, ada, context }) => {
  await expect(ada.composer).toBeVisible();
  await choose(page, 'Dark');
  await isIn(page, 'dark');
  // No script arrives that would render the page.
  let held = 0;
  await context.route('**/assets/*.js', (route) => {
    if (/\/early-/.test(route.request().url())) return route.fallback();
    held++;
  });
  await page.reload({ waitUntil: 'commit' });
  await isIn(page, 'dark');
  await expect.poll(() => held).toBeGreaterThan(0);
  await expect(page.locator('#root')).toBeEmpty();
});
