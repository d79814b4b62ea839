// Who sits at the browser, and what the tests ask of a page.
import { type Page, expect, test as plain } from '@playwright/test';
import { withoutMediaFeatures } from './firefox';
import { Psql } from './psql';
import { PASSWORD, Server } from './server';

export type Role = 'admin' | 'operator' | 'viewer';
export const ROLES: Role[] = ['admin', 'operator', 'viewer'];

/** Firefox tells of it as it does of exceptions. */
const CONNECTION_LOST = /^Firefox can’t establish a connection to the server at ws:|^The connection to ws:.* was interrupted/;

type Options = {
  /** Who is signed in when the test begins; nobody when null. One session per role serves all tests of a worker: signing in is throttled. */
  as: Role | null;
};
type Fixtures = {
  /** A psql session on the database of the worker's server. */
  psql: Psql;
  /** Ends a test that has no browser to run in. */
  installed: void;
};

export const test = plain.extend<Options & Fixtures>({
  installed: [
    async ({ browserName, launchOptions }, use, info) => {
      info.skip(browserName === 'firefox' && !launchOptions.executablePath, 'no Firefox was found that is new enough: scripts/setup test');
      await use();
    },
    { auto: true },
  ],
  browser: [
    async ({ browser, browserName }, use) => {
      if (browserName === 'firefox') withoutMediaFeatures(browser);
      await use(browser);
    },
    { scope: 'worker' },
  ],
  as: ['admin', { option: true }],
  storageState: async ({ as }, use) => use(as ? Server.shared().sessionFile(as) : undefined),
  // A panic in the browser ends what a page can do, and a test that looks elsewhere would not notice.
  page: async ({ page }, use) => {
    const broken: string[] = [];
    page.on('pageerror', (error) => CONNECTION_LOST.test(error.message) || broken.push(`${page.url()}: ${error.message}`));
    await use(page);
    expect(broken).toEqual([]);
  },
  psql: async ({}, use) => {
    const psql = new Psql(Server.shared().databaseUrl());
    await use(psql);
    psql.close();
  },
});
export { expect };

export const base = () => Server.shared().url;

/** Signs in through the form, as a person would. */
export async function signIn(page: Page, name: string, path = '/', server = base()) {
  await page.goto(`${server}/sign-in?next=${encodeURIComponent(path)}`);
  await fillSignIn(page, name);
  await expect(page).toHaveURL(new RegExp(`${path.replace(/[?]/g, '\\?')}$`));
}

export async function fillSignIn(page: Page, name: string, password = PASSWORD) {
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** Goes to a page and waits until it is alive. */
export async function open(page: Page, path: string, server = base()) {
  await page.goto(server + path);
  await live(page);
}

/** Waits until the page is alive: hydrated, with its websocket open. */
export async function live(page: Page) {
  await expect(page.locator('.top .live')).toHaveText('Live', { timeout: 30_000 });
}

/** A word that no other test and no earlier try of this one uses. */
export function unique(word: string): string {
  return `${word}${Date.now().toString(36)}${Math.floor(Math.random() * 1296).toString(36)}`;
}
