// Every page for everyone: screen readers, phones, dark rooms, no JavaScript.
import AxeBuilder from '@axe-core/playwright';
import { type Page, expect, test } from '@playwright/test';
import { base, live, signIn } from './people';

const PAGES = ['/', '/?tab=intelligence', '/?tab=messaging', '/?tab=delivery', '/companies', '/imports', '/events'];

async function check(page: Page, what: string) {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => `${what} ${id}: ${nodes.map((node) => node.target).join(' ')}`)).toEqual([]);
}

for (const scheme of ['light', 'dark'] as const) {
  test(`axe finds nothing on any page, ${scheme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: scheme });
    await page.goto(`${base()}/sign-in`);
    await check(page, '/sign-in');
    await signIn(page, 'admin');
    for (const path of [...PAGES, '/no/such/page']) {
      await page.goto(base() + path);
      await live(page);
      await check(page, path);
    }
    for (const list of ['/companies', '/imports']) {
      await page.goto(base() + list);
      await live(page);
      await page.locator('main tbody a').first().click();
      await expect(page).toHaveURL(new RegExp(`${list}/.`));
      await expect(page.locator('main .card').first()).toBeVisible();
      await check(page, `${list}/…`);
    }
  });
}

test('axe finds nothing in any dialog, and Escape closes each', async ({ page }) => {
  await signIn(page, 'admin');
  await live(page);
  const row = page.locator('#console tbody tr').first();
  const openers = [
    row.getByRole('button', { name: /^Details of/ }),
    row.getByRole('button', { name: /^Retry / }),
    row.getByRole('button', { name: /^Resolve / }),
    page.getByRole('button', { name: /Process now/ }).first(),
  ];
  for (const opener of openers) {
    await opener.click();
    const dialog = page.getByRole('dialog');
    await expect(dialog).toBeVisible();
    await check(page, `dialog of ${opener}`);
    await page.keyboard.press('Escape');
    await expect(dialog).toBeHidden();
    await expect(opener).toBeFocused();
  }
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog')).toContainText('shortcuts');
  await check(page, 'shortcuts');
});

test('the theme follows the system and can be switched', async ({ page }) => {
  await page.emulateMedia({ colorScheme: 'dark' });
  await signIn(page, 'viewer');
  await live(page);
  const background = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const dark = await background();
  await page.getByRole('button', { name: 'Dark theme' }).click();
  expect(await background()).not.toBe(dark);
  await page.reload();
  expect(await background()).not.toBe(dark);
});

test('no page is wider than a small phone', async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await signIn(page, 'admin');
  for (const path of PAGES) {
    await page.goto(base() + path);
    await live(page);
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(width, path).toBeLessThanOrEqual(360);
    expect((await page.locator('main').boundingBox())!.width, path).toBeGreaterThan(300);
  }
  await page.getByRole('button', { name: 'Menu' }).click();
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Companies' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Companies');
});

test('pages are whole without JavaScript', async ({ browser }) => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await signIn(page, 'viewer');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Outreach Command Center');
  await expect(page.locator('.card').first()).toBeVisible();
  await page.goto(`${base()}/companies`);
  await expect(page.locator('tbody tr').first()).toBeVisible();
  await context.close();
});
