// A page is taken over in pieces with pauses between them (app/src/hydration): whoever does something meanwhile finds it alive.
import type { Page } from '@playwright/test';
import { errors } from './data';
import { base, expect, live, open, test, unique } from './people';

type Held = Window & { held: (() => void)[] };

test.use({ as: 'operator' });

/** Every pause lasts until `release`: the only timers that are set without a time. After each piece comes a pause. */
async function hold(page: Page) {
  await page.addInitScript(() => {
    const held: (() => void)[] = ((window as unknown as Held).held = []);
    const later = window.setTimeout;
    window.setTimeout = ((call: () => void, wait?: number, ...more: unknown[]) =>
      wait === undefined ? held.push(call) : later(call, wait, ...more)) as typeof setTimeout;
    let now = 0;
    performance.now = () => (now += 10);
  });
}

/** In its first pause, in which nothing is alive. */
async function held(page: Page, path: string) {
  await page.goto(base() + path);
  await page.waitForFunction(() => (window as unknown as Held).held.length === 1);
}

/** Lets the page go on until it is alive; how many pauses that took. */
const release = (page: Page) =>
  page.evaluate(async () => {
    const { held } = window as unknown as Held;
    let pauses = 0;
    for (let idle = 0; idle < 50; idle++) {
      for (const go of held.splice(0)) {
        go();
        pauses++;
        idle = 0;
      }
      await new Promise((done) => requestAnimationFrame(done));
    }
    return pauses;
  });

test('what is pressed before the page is alive works', async ({ page, psql }) => {
  const type = unique('early');
  await errors(psql, type, 3);
  await hold(page);
  await held(page, `/events?e_type=${type}`);

  const row = page.locator('#console tbody tr').first();
  await row.getByRole('button', { name: /^Details of/ }).click();
  await expect(page.getByRole('dialog', { name: /^Error \d+$/ })).toBeVisible();
  await live(page);
});

test('a key that is pressed before the page is alive works', async ({ page }) => {
  await hold(page);
  await held(page, '/stages');
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible();
});

test('a link that is followed before the page is alive leads on', async ({ page }) => {
  await hold(page);
  await held(page, '/');
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Companies' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Companies' })).toBeVisible();
  await live(page);
});

test('left to itself, a page comes alive piece by piece', async ({ page, psql }) => {
  const type = unique('pieces');
  await errors(psql, type, 20);
  const asked: string[] = [];
  let connected = false;
  await hold(page);
  await held(page, `/?e_type=${type}`);
  page.on('websocket', () => (connected = true));
  page.on('request', (request) => connected || asked.push(new URL(request.url()).pathname));
  // Each of the rows is a piece of its own.
  expect(await release(page)).toBeGreaterThan(20);
  await live(page);
  await expect(page.locator('#console tbody tr')).toHaveCount(20);
  // The server rendered them: before something may have changed, they are not asked for again.
  expect(connected).toBe(true);
  expect(asked.filter((path) => /errors|overview/.test(path))).toEqual([]);
});
