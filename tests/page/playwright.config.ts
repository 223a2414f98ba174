import { defineConfig } from '@playwright/test';

export default defineConfig({
  testMatch: '*.spec.ts',
  outputDir: '../../target/page',
  // Each test has its own server, so tests can run in parallel.
  fullyParallel: true,
  workers: 2,
  forbidOnly: Boolean(process.env.CI),
  // Only a test that hangs takes this long: each wait has its own timeout.
  timeout: 180_000,
  expect: { timeout: 20_000 },
  reporter: 'list',
  use: {
    browserName: 'chromium',
    // Debian's Chromium. Playwright's own would have to be downloaded.
    launchOptions: { executablePath: process.env.CONFAB_TEST_CHROMIUM ?? '/usr/bin/chromium' },
    locale: 'en-GB',
    viewport: { width: 1280, height: 800 },
    screenshot: 'only-on-failure',
    actionTimeout: 20_000,
    navigationTimeout: 20_000,
  },
});
