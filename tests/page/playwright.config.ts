import { defineConfig } from '@playwright/test';

export default defineConfig({
  testMatch: '*.spec.ts',
  outputDir: '../../target/page',
  // Each test has a server of its own: they can run side by side, and do nothing to each other.
  fullyParallel: true,
  workers: 2,
  forbidOnly: Boolean(process.env.CI),
  // Only what hangs takes so long: each wait has a limit of its own.
  timeout: 180_000,
  expect: { timeout: 20_000 },
  reporter: 'list',
  use: {
    browserName: 'chromium',
    // Debian's; Playwright's own would have to be fetched from elsewhere.
    launchOptions: { executablePath: process.env.CONFAB_TEST_CHROMIUM ?? '/usr/bin/chromium' },
    locale: 'en-GB',
    viewport: { width: 1280, height: 800 },
    screenshot: 'only-on-failure',
    actionTimeout: 20_000,
    navigationTimeout: 20_000,
  },
});
