// Most pages are files of their own (app/src/chunk.rs): each is fetched with its page, comes alive, and fails without harm.
import type { Page } from '@playwright/test';
import { companies, errors, failures, imported, settled } from './data';
import { base, expect, live, open, test, unique } from './people';
import { Psql } from './psql';
import { Server } from './server';

/** Path and chunk of every page but the overview; pages of one thing are added when it is there. */
const PAGES: [string, string][] = [['/account', 'account'], ['/trends', 'trends'], ['/companies', 'companies'], ['/contacts', 'contacts'],
  ['/imports', 'imports'], ['/errors', 'errors'], ['/events', 'events'], ['/runs', 'runs'], ['/lineage', 'lineage'], ['/dead-letters', 'dead_letters'],
  ['/actions', 'actions'], ['/reports/enrichment', 'report'], ['/stages', 'stages'], ['/schedules', 'schedules'], ['/workers', 'workers'],
  ['/help', 'help'], ['/styleguide', 'style_guide'], ['/audit', 'audit'], ['/users', 'users'], ['/tokens', 'tokens'], ['/webhooks', 'webhooks'], ['/system', 'system']];
const OVERVIEW = 'Outreach Command Center';
/** Bytes of WASM and JavaScript, compressed. What is built is always the same, so this is no measurement that may vary. */
const OVERVIEW_AT_MOST = 520_000;

const tag = unique('lazy');

test.beforeAll(async ({ browser }) => {
  const psql = new Psql(Server.shared().databaseUrl());
  const ids = await settled(psql, tag, 1);
  await failures(psql, tag, ids);
  await errors(psql, tag, 2);
  const event = await psql.number(`SELECT max(id) FROM marketing.pipeline_events WHERE batch_id = '${tag}'`);
  const [group] = await psql.run(`SELECT group_key FROM marketing.pipeline_errors WHERE event_type = '${tag}' LIMIT 1`);
  psql.close();
  const context = await browser.newContext({ storageState: Server.shared().sessionFile('admin') });
  const page = await context.newPage();
  await open(page, '/imports');
  const batch = await imported(page, `${tag}.csv`, companies(`${tag}more`, 1));
  await context.close();
  PAGES.push([`/companies/${ids[0]}`, 'company'], [`/events/${event}`, 'event'], [`/errors/${group}`, 'error_group'], [`/imports/${batch}`, 'import']);
});

/** What the page fetches of the built files, by their names without the hash: "companies" for a chunk, "" for the rest. */
function fetched(page: Page): { name: string; bytes: number }[] {
  const files: { name: string; bytes: number }[] = [];
  page.on('response', (response) => {
    const [, name] = new URL(response.url()).pathname.match(/^\/pkg\/command-center(?:\.(\w+))?\.[0-9a-f]{16}\.(?:wasm|js)$/) ?? [];
    if (/\/pkg\/.*\.(wasm|js)$/.test(response.url())) files.push({ name: name ?? '', bytes: Number(response.headers()['content-length']) });
  });
  return files;
}

/** A control that works only when the page has come alive. */
async function works(page: Page) {
  const pause = page.getByRole('banner').getByRole('button', { name: 'Pause updates' });
  await pause.click();
  await expect(pause).toHaveAttribute('aria-pressed', 'true');
  await pause.click();
  await expect(pause).toHaveAttribute('aria-pressed', 'false');
}

/** Follows a link to the path, as the page might have one. */
async function follow(page: Page, path: string) {
  await page.evaluate((path) => {
    const link = document.body.appendChild(document.createElement('a'));
    link.href = path;
    link.click();
    link.remove();
  }, path);
}

test('each page comes alive when it is opened, with its own code and no other', async ({ page }) => {
  test.setTimeout(180_000);
  const said: string[] = [];
  page.on('console', (message) => message.type() === 'error' && said.push(`${page.url()}: ${message.text()}`));
  for (const [path, chunk] of PAGES) {
    const files = fetched(page);
    await open(page, path);
    await works(page);
    const own = new Set(files.map(({ name }) => name).filter((name) => name && name !== 'shared'));
    expect.soft([...own], path).toEqual([chunk]);
  }
  expect(said).toEqual([]);
});

test('each page is reached from the overview without loading the app again', async ({ page }) => {
  test.setTimeout(180_000);
  for (const [path] of PAGES) {
    await open(page, '/');
    await page.evaluate(() => Object.assign(window, { same: true }));
    await follow(page, path);
    await expect(page).toHaveURL(new RegExp(`${path}$`));
    await expect(page.getByRole('heading', { level: 1 })).not.toHaveText(OVERVIEW);
    await works(page);
    expect.soft(await page.evaluate(() => 'same' in window), path).toBe(true);
  }
});

test('the overview fetches no other page', async ({ page }) => {
  const files = fetched(page);
  await open(page, '/');
  await works(page);
  expect(files.map(({ name }) => name)).toEqual(['', '']);
  const bytes = files.reduce((sum, { bytes }) => sum + bytes, 0);
  console.log(`      the overview fetches ${(bytes / 1000).toFixed(0)} kB of code`);
  expect(bytes).toBeLessThan(OVERVIEW_AT_MOST);
});

test.describe('signing in', () => {
  test.use({ as: null });

  test('needs no code', async ({ page }) => {
    const said: string[] = [];
    page.on('console', (message) => message.type() === 'error' && said.push(message.text()));
    await page.goto(`${base()}/sign-in`);
    await expect(page.getByRole('button', { name: 'Sign in' })).toBeVisible();
    expect(await page.locator('script[type=module]').count()).toBe(0);
    expect(said).toEqual([]);
  });
});

test('while code is on its way the old page stays and says so', async ({ page }) => {
  let letGo = () => {};
  const held = new Promise<void>((resolve) => (letGo = resolve));
  await page.route(/\.companies\.[0-9a-f]+\.wasm$/, async (route) => {
    await held;
    await route.continue();
  });
  await open(page, '/');
  await follow(page, '/companies');
  await expect(page.locator('html')).toHaveAttribute('data-loading', '');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(OVERVIEW);
  await works(page);
  letGo();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Companies');
  await expect(page.locator('html')).not.toHaveAttribute('data-loading');
});

test('a page whose code cannot be fetched is offered whole, and the page before stays alive', async ({ page }) => {
  const companies = /\.companies\.[0-9a-f]+\.wasm$/;
  await page.route(companies, (route) => route.abort());
  await open(page, '/');
  await follow(page, '/companies?q=acme');
  const notice = page.getByRole('alert').filter({ hasText: 'could not be loaded' });
  await expect(notice).toBeVisible();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(OVERVIEW);
  await works(page);
  await page.unroute(companies);
  await notice.getByRole('link', { name: 'Load it again' }).click();
  await live(page);
  await expect(page).toHaveURL(/\/companies\?q=acme$/);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Companies');
});

test('a page that was opened without its code can be read, and its links work', async ({ page }) => {
  const companies = /\.companies\.[0-9a-f]+\.wasm$/;
  await page.route(companies, (route) => route.abort());
  await page.goto(`${base()}/companies?q=${tag}`);
  await expect(page.getByRole('alert').filter({ hasText: 'could not be loaded' })).toBeVisible();
  await expect(page.locator('main').getByRole('link', { name: `${tag} 1`, exact: true })).toBeVisible();
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Events' }).click();
  await live(page);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Events');
});
