// Sign-in by OpenID Connect: through a real provider, by people of several groups there.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Browser, Page } from '@playwright/test';
import { expect, fillSignIn, open, test } from './people';
import { Server } from './server';

let provider: ChildProcess;
let server: Server;

// A second server on the shared database: the others' sign-in page has no button.
test.beforeAll(async () => {
  const port = await Server.freePort();
  provider = spawn('node', ['tests/oidc-provider.mjs', `http://127.0.0.1:${port}/sign-in/oidc/callback`], { stdio: ['pipe', 'pipe', 'ignore'] });
  const [issuer] = await once(createInterface({ input: provider.stdout! }), 'line');
  server = new Server(Server.newFolder(), port, Server.shared().databaseUrl(), {
    PUBLIC_URL: `http://127.0.0.1:${port}`,
    OIDC_ISSUER_URL: issuer,
    OIDC_CLIENT_ID: 'occ',
    OIDC_CLIENT_SECRET: 'a secret of the tests',
    OIDC_ROLES: 'outreach-admins=admin outreach-team=operator',
    OIDC_LABEL: 'Sign in with the company',
  });
  await server.start();
});

test.afterAll(async ({}, info) => {
  info.setTimeout(60_000);
  provider?.stdin!.end();
  await server?.remove();
});

/** A browser of its own, which has signed in nowhere. */
async function stranger(browser: Browser): Promise<Page> {
  return (await browser.newContext({ storageState: { cookies: [], origins: [] } })).newPage();
}

/** Goes to the provider from the sign-in page, as somebody who wanted to see `path`, and says there who one is. */
async function comeAs(page: Page, name: string, path = '/') {
  await page.goto(`${server.url}${path}`);
  await page.getByRole('link', { name: 'Sign in with the company', exact: true }).click();
  await page.getByLabel('Name at the provider').fill(name);
  await page.getByRole('button', { name: 'Go on' }).click();
}

test('people come in by their groups at the provider, and an admin shuts one out', async ({ browser }) => {
  const ada = await stranger(browser);
  await comeAs(ada, 'ada', '/users');
  await expect(ada).toHaveURL(`${server.url}/users`);
  await expect(ada.getByRole('heading', { level: 1, name: 'Users' })).toBeVisible();

  const grace = await stranger(browser);
  await comeAs(grace, 'grace', '/account');
  await expect(grace).toHaveURL(`${server.url}/account`);
  const main = grace.locator('main');
  await expect(main).toContainText('grace@corp.example');
  await expect(main).toContainText('operator');
  await expect(main).toContainText('You sign in by OpenID Connect');
  await expect(grace.getByLabel('Present password')).toHaveCount(0);

  await open(ada, '/users', server.url);
  const row = ada.locator('main').getByRole('row', { name: /^grace@corp\.example/ });
  await expect(row).toContainText('by OpenID Connect');
  await expect(row.getByRole('button', { name: /^Make / })).toHaveCount(0);
  await row.getByRole('button', { name: 'Disable grace@corp.example' }).click();
  await ada.getByRole('dialog').getByRole('button', { name: 'Disable', exact: true }).click();
  await expect(row).toContainText('disabled');
  // The provider still knows her, and asks for nothing.
  await grace.goto(`${server.url}/`);
  await grace.getByRole('link', { name: 'Sign in with the company', exact: true }).click();
  await expect(grace.getByRole('heading', { level: 1 })).toHaveText('Your account here is disabled');
  await row.getByRole('button', { name: 'Let grace@corp.example in again' }).click();
  await ada.getByRole('dialog').getByRole('button', { name: 'Let in again', exact: true }).click();
  await expect(row).toContainText('active');
  await grace.getByRole('link', { name: 'Back to the sign-in', exact: true }).click();
  await grace.getByRole('link', { name: 'Sign in with the company', exact: true }).click();
  await expect(grace).toHaveURL(`${server.url}/`);

  await ada.getByRole('button', { name: /^Account:/ }).click();
  await ada.getByRole('button', { name: 'Sign out', exact: true }).click();
  // The provider asks, as it was given no proof of who asks it, and sends back.
  await ada.getByRole('button', { name: 'Yes, sign me out', exact: true }).click();
  await expect(ada).toHaveURL(`${server.url}/sign-in`);
  await ada.getByRole('link', { name: 'Sign in with the company', exact: true }).click();
  await expect(ada.getByLabel('Name at the provider')).toBeVisible();
  for (const page of [ada, grace]) await page.context().close();
});

test('whoever has no role, cancels, or brings what nobody asked for, is told so', async ({ browser }) => {
  const otto = await stranger(browser);
  await comeAs(otto, 'otto');
  const heading = otto.getByRole('heading', { level: 1 });
  await expect(heading).toHaveText('You have no role here');
  // The page is alive as any other: hydration changes nothing of what the server wrote.
  await expect(otto.getByRole('alert')).toContainText('none of your groups');
  const again = await otto.goto(otto.url());
  expect(again!.status()).toBe(400);
  await expect(heading).toHaveText('This sign-in cannot be finished');

  const cancelled = await stranger(browser);
  await cancelled.goto(`${server.url}/sign-in`);
  await cancelled.getByRole('link', { name: 'Sign in with the company', exact: true }).click();
  await cancelled.getByRole('button', { name: 'Cancel' }).click();
  await expect(cancelled.getByRole('heading', { level: 1 })).toHaveText('The provider did not sign you in');

  const forged = await cancelled.goto(`${server.url}/sign-in/oidc/callback?code=x&state=y`);
  expect(forged!.status()).toBe(400);
  await expect(cancelled.getByRole('heading', { level: 1 })).toHaveText('This sign-in cannot be finished');
  // A password does as before.
  await cancelled.getByRole('link', { name: 'Back to the sign-in', exact: true }).click();
  await fillSignIn(cancelled, 'viewer');
  await expect(cancelled).toHaveURL(`${server.url}/`);
  for (const page of [otto, cancelled]) await page.context().close();
});
