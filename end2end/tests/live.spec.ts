// What changes in the database reaches open pages by itself, also after the network or the server was gone.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page, WebSocket } from '@playwright/test';
import { companies, errors, imported } from './data';
import { base, expect, fillSignIn, live, open, signIn, test, unique } from './people';
import { Psql } from './psql';
import { Postgres, Server } from './server';

const figure = (page: Page, stage: string) => page.locator(`[data-stage=${stage}] [data-figure=done]`);
const number = async (page: Page, stage: string) => Number((await figure(page, stage).textContent())!.replaceAll(',', ''));
const state = (page: Page) => page.locator('.live');

/** Counts the loads of a page from now on: what is live needs none. */
function loads(page: Page): { count: number } {
  const loads = { count: 0 };
  page.on('load', () => loads.count++);
  return loads;
}

test('every tab follows an INSERT made with psql', { tag: '@firefox' }, async ({ page, context, psql }) => {
  const tag = unique('inserted');
  const [list, console] = [await context.newPage(), await context.newPage()];
  await open(page, '/');
  await open(list, `/companies?q=${tag}`);
  await open(console, `/events?e_q=${tag}`);
  const all = [page, list, console].map(loads);
  const before = await number(page, 'import');
  await expect(list.locator('main')).toContainText('No company matches');

  await psql.run(`INSERT INTO intake.company_raw_intake (company, website) SELECT '${tag} ' || n, 'https://${tag}-' || n || '.example' FROM generate_series(1, 3) n`);
  await expect.poll(() => number(page, 'import')).toBe(before + 3);
  await expect(list.locator('main tbody tr')).toHaveCount(3);
  await expect(list.locator('main tbody tr').first()).toContainText(/promoted|slotted|enriched|verified/, { timeout: 30_000 });
  await errors(psql, tag, 2);
  await expect(console.locator('#console tbody tr')).toHaveCount(2);
  expect(all.map(({ count }) => count)).toEqual([0, 0, 0]);
});

test('a second tab sees an import begin and end', async ({ page, context }) => {
  const tag = unique('seen');
  const other = await context.newPage();
  await open(other, '/imports');
  const none = loads(other);
  await open(page, '/imports');
  const batch = await imported(page, `${tag}.csv`, companies(tag, 5));
  const row = other.locator('main tbody tr').filter({ hasText: batch });
  await expect(row).toContainText('completed');
  await expect(row.locator('[data-label=Accepted]')).toHaveText('6');
  expect(none.count).toBe(0);
});

test('the page says that it is offline, and goes on when the network is back', { tag: '@firefox' }, async ({ page, context, psql }) => {
  const tag = unique('offline');
  await open(page, `/companies?q=${tag}`);
  const none = loads(page);
  await context.setOffline(true);
  await expect(state(page)).toHaveText('Offline');
  await psql.run(`INSERT INTO intake.company_raw_intake (company, website) VALUES ('${tag}', 'https://${tag}.example')`);
  await context.setOffline(false);
  await live(page);
  await expect(page.locator('main tbody tr')).toHaveCount(1);
  expect(none.count).toBe(0);
});

test('one connection is left after the network came and went', async ({ page, context }) => {
  const sockets = new Set<WebSocket>();
  page.on('websocket', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('socketerror', () => sockets.delete(socket));
  });
  await open(page, '/events');
  for (let i = 0; i < 3; i++) {
    await context.setOffline(true);
    await expect(state(page)).toHaveText('Offline');
    await context.setOffline(false);
    await live(page);
  }
  await expect.poll(() => sockets.size).toBe(1);
});

test('rows that arrive do not move the focus to another record', async ({ page, psql }) => {
  const tag = unique('moved');
  await errors(psql, tag, 3);
  await open(page, `/events?e_type=${tag}`);
  const button = page.getByRole('button', { name: `Details of ${tag} for record r002` });
  await button.focus();
  await errors(psql, tag, 1, 'error', 'new');
  await psql.run(`UPDATE marketing.pipeline_errors SET created_at = now() WHERE event_type = '${tag}' AND record_id LIKE 'new%'`);
  await expect(page.locator('#console tbody tr').first()).toContainText('new001');
  await expect(button).toBeFocused();
});

test('what one types in a dialog stays while rows arrive', async ({ page, psql }) => {
  const tag = unique('typed');
  await errors(psql, tag, 2);
  await open(page, `/events?e_type=${tag}`);
  await page.getByRole('button', { name: `Resolve ${tag} for record r001` }).click();
  await page.getByRole('dialog').getByRole('textbox').fill('Half a note');
  await errors(psql, tag, 1, 'error', 'new');
  await expect(page.locator('#console tbody tr')).toHaveCount(3);
  await expect(page.getByRole('dialog').getByRole('textbox')).toHaveValue('Half a note');
  await expect(page.getByRole('dialog').getByRole('textbox')).toBeFocused();
});

test('after a restart of the server the page shows what was written meanwhile', async ({ page }) => {
  test.setTimeout(180_000);
  const tag = unique('between');
  const postgres = await Postgres.start();
  const server = await Server.fresh(postgres.url);
  const psql = new Psql(postgres.url);
  try {
    await page.context().clearCookies();
    await signIn(page, 'admin', '/', server.url);
    await live(page);
    const none = loads(page);
    await expect(figure(page, 'import')).toHaveText('0');
    await server.stop();
    await expect(state(page)).toHaveText('Reconnecting');
    await psql.run(`INSERT INTO intake.company_raw_intake (company, website) SELECT '${tag} ' || n, 'https://${tag}-' || n || '.example' FROM generate_series(1, 4) n`);
    await expect(state(page)).toHaveText('Reconnecting');
    await server.start();
    await live(page);
    await expect(figure(page, 'import')).toHaveText('4');
    await expect(figure(page, 'promote')).toHaveText('4', { timeout: 30_000 });
    expect(none.count).toBe(0);
  } finally {
    psql.close();
    await server.remove();
    await postgres.stop();
  }
});

test('the page reconnects after the server and its database were restarted, and says what the connection is meanwhile', { tag: '@firefox' }, async ({ page }) => {
  test.setTimeout(120_000);
  await open(page, '/');
  const server = Server.shared();
  await server.stop();
  await expect(state(page)).toHaveText('Reconnecting');
  await expect(page.getByRole('status').filter({ hasText: 'The connection is lost' })).toHaveCount(1);
  await server.start();
  await live(page);
  await expect(page.getByRole('status').filter({ hasText: 'Connected again' })).toHaveCount(1);
});

test('a page tells of a new version and leaves the reload to its reader', async ({ page }) => {
  test.setTimeout(120_000);
  const server = await Server.fresh();
  try {
    await page.context().clearCookies();
    await signIn(page, 'admin', '/', server.url);
    await live(page);
    const reloads = loads(page);
    const notice = page.locator('.toast').filter({ hasText: 'A new version is running.' });
    await page.getByLabel('Search companies').fill('half a na');
    await server.stop();
    await expect(state(page)).toHaveText('Reconnecting');
    await server.start();
    await live(page);
    await expect(notice).toBeHidden();
    // The same files under the same names: only what the server says of its build is another.
    const site = join(server.folder, 'hash.txt');
    writeFileSync(site, `${readFileSync(process.env.LEPTOS_HASH_FILE_NAME!, 'utf8')}other: build\n`);
    await server.stop();
    await expect(state(page)).toHaveText('Reconnecting');
    await server.start(site);
    await expect(notice).toBeVisible();
    await expect(page.getByRole('status').filter({ hasText: 'A new version is running' })).toHaveCount(1);
    await expect(page.getByLabel('Search companies')).toHaveValue('half a na');
    expect(reloads.count).toBe(0);
    await notice.getByRole('button', { name: 'Reload' }).click();
    await live(page);
    await expect(notice).toBeHidden();
    expect(reloads.count).toBe(1);
  } finally {
    await server.remove();
  }
});

test('a page whose session has ended says so and leads to the sign-in and back', async ({ browser }) => {
  const context = await browser.newContext({ storageState: { cookies: [], origins: [] } });
  const page = await context.newPage();
  await signIn(page, 'viewer', '/companies?q=a');
  await live(page);
  const other = await context.newPage();
  await open(other, '/events');
  await other.getByRole('button', { name: 'Account: viewer' }).click();
  await other.getByRole('button', { name: 'Sign out' }).click();
  await expect(other).toHaveURL(`${base()}/sign-in`);
  // The server looks every minute whether the session still stands; a new connection is asked at once.
  await context.setOffline(true);
  await expect(state(page)).toHaveText('Offline');
  await context.setOffline(false);
  await expect(state(page)).toHaveText('Signed out', { timeout: 30_000 });
  await page.locator('header').getByRole('link', { name: 'Sign in' }).click();
  await fillSignIn(page, 'viewer');
  await expect(page).toHaveURL(`${base()}/companies?q=a`);
  await context.close();
});
