// The browser tests run against the real, built server: see tests/server.ts.
import { availableParallelism } from 'node:os';
import { defineConfig } from '@playwright/test';

export default defineConfig({
  testDir: './tests',
  // The same name on every system: the pictures are of one browser.
  snapshotPathTemplate: '{testDir}/{testFilePath}-snapshots/{arg}{ext}',
  // Each worker has a server and a database of its own. Figures are measured by one, alone.
  workers: process.env.BENCH ? 1 : Math.min(2, availableParallelism()),
  fullyParallel: false,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  retries: process.env.CI ? 1 : 0,
  reporter: [['list']],
  globalSetup: './tests/start.ts',
  use: {
    viewport: { width: 1440, height: 1000 },
    screenshot: 'only-on-failure',
  },
  projects: [
    {
      name: 'chromium',
      use: {
        browserName: 'chromium',
        launchOptions: {
          executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
          args: [
            '--no-sandbox',
            '--disable-gpu',
            '--disable-quic',
            '--no-first-run',
            '--disable-background-networking',
            '--disable-component-update',
            '--disable-sync',
          ],
        },
      },
    },
    {
      // What people do most, once more in the other engine: the tests with this tag.
      name: 'firefox',
      grep: /@firefox/,
      use: {
        browserName: 'firefox',
        // A Firefox as it is installed, which Playwright drives over WebDriver BiDi; its own protocol needs a patched build.
        channel: 'moz-firefox',
        launchOptions: { executablePath: process.env.FIREFOX },
      },
    },
  ],
});
