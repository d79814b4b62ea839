// The whole way without a mouse: Tab, Enter, Escape, and always a focus that can be seen.
import type { FileChooser, Page } from '@playwright/test';
import { companies, errors } from './data';
import { base, expect, live, open, test, unique } from './people';
import { PASSWORD } from './server';

/** What has the focus: its role or tag with its name, and whether it shows that it has it. */
function focused(page: Page): Promise<{ name: string; seen: boolean }> {
  return page.evaluate(() => {
    const element = document.activeElement as HTMLElement;
    const name = element.getAttribute('aria-label') ?? (element as HTMLInputElement).labels?.[0]?.textContent ?? element.textContent ?? '';
    const marked = (of: Element) => {
      const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(of);
      return (outlineStyle !== 'none' && outlineWidth !== '0px') || boxShadow !== 'none';
    };
    // A file input is drawn by the label around it.
    const drawn = element.matches('label.btn input') ? element.closest('label')! : element;
    const box = drawn.getBoundingClientRect();
    const inside = box.width > 0 && box.height > 0 && box.right > 0 && box.bottom > 0 && box.left < innerWidth && box.top < innerHeight;
    return { name: name.trim().replace(/\s+/g, ' '), seen: marked(drawn) && inside };
  });
}

/** Presses Tab until the element with this name has the focus, which must be seen at every stop. */
async function tabTo(page: Page, wanted: RegExp, most = 80): Promise<void> {
  const stops: string[] = [];
  for (let i = 0; i < most; i++) {
    await page.keyboard.press('Tab');
    const { name, seen } = await focused(page);
    stops.push(name);
    if (await page.evaluate(() => document.activeElement === document.body)) continue;
    expect.soft(seen, `the focus is seen on ${name}`).toBe(true);
    if (wanted.test(name)) return;
  }
  throw new Error(`Tab never came to ${wanted}, but to: ${stops.join(' | ')}`);
}

/** Opens the chooser of the input that has the focus with Enter; a browser that is not told in time to hand it over drops it. */
async function choose(page: Page, file: { name: string; mimeType: string; buffer: Buffer }): Promise<void> {
  let chooser: FileChooser | undefined;
  page.once('filechooser', (opened) => (chooser = opened));
  await expect(async () => {
    await page.keyboard.press('Enter');
    await expect.poll(() => chooser !== undefined, { timeout: 2_000 }).toBe(true);
  }).toPass();
  await chooser!.setFiles(file);
}

test.describe('from the sign-in', () => {
  test.use({ as: null });

  test('one signs in and goes to the import', async ({ page }) => {
    await page.goto(`${base()}/sign-in`);
    await expect(page.getByLabel('Name')).toBeFocused();
    await page.keyboard.type('operator');
    await page.keyboard.press('Tab');
    await page.keyboard.type(PASSWORD);
    await page.keyboard.press('Enter');
    await live(page);
    await page.keyboard.press('Tab');
    expect((await focused(page)).name).toBe('Skip to content');
    await tabTo(page, /^Imports$/);
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL(`${base()}/imports`);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Imports');
  });
});

test.describe('signed in', () => {
  test.use({ as: 'operator' });

  test('a file is chosen, mapped and imported', async ({ page }) => {
    const tag = unique('keys');
    await open(page, '/imports');
    await tabTo(page, /^Choose a file$/);
    await choose(page, { name: `${tag}.csv`, mimeType: 'text/csv', buffer: companies(tag, 2) });
    await expect(page.getByRole('button', { name: 'Import', exact: true })).toBeVisible();
    await tabTo(page, /^Column Website goes to$/);
    // The button stands above the columns, so as to be in sight whatever the file holds.
    await expect(async () => {
      await page.keyboard.press('Shift+Tab');
      expect((await focused(page)).name).toBe('Import');
    }).toPass();
    await page.keyboard.press('Enter');
    await expect(page.locator('main .badge').first()).toHaveText('completed');
  });

  test('after an upload the focus is in the page that it led to', async ({ page }) => {
    const tag = unique('place');
    await open(page, '/imports');
    await tabTo(page, /^Choose a file$/);
    await choose(page, { name: `${tag}.csv`, mimeType: 'text/csv', buffer: companies(tag, 2) });
    await expect(page.getByRole('button', { name: 'Import', exact: true })).toBeVisible();
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement!.closest('main, header')?.tagName)).toBeTruthy();
  });

  test('the error console is filtered, folded and opened, and its dialogs too', async ({ page, psql }) => {
    const type = unique('keyed');
    await errors(psql, type, 2);
    // A page without a list of its own, which would stand before the console.
    await open(page, `/account?e_type=${type}`);
    const dialog = page.getByRole('dialog');
    await tabTo(page, /^Error console$/);
    await expect(page.getByRole('button', { name: 'Error console' })).toHaveAttribute('aria-expanded', 'true');
    await page.keyboard.press('Enter');
    await expect(page.getByRole('button', { name: 'Error console' })).toHaveAttribute('aria-expanded', 'false');
    await expect(page.locator('#console tbody')).toBeHidden();
    await page.keyboard.press('Enter');
    await expect(page.locator('#console tbody')).toBeVisible();

    await tabTo(page, /^Details of/);
    await page.keyboard.press('Enter');
    await expect(dialog.getByRole('region', { name: 'Details' })).toBeVisible();
    // The focus stays within: after as many stops as the dialog has, it is still there.
    for (let i = 0; i < 8; i++) {
      await page.keyboard.press('Tab');
      expect(await page.evaluate(() => document.activeElement === document.body || !!document.activeElement!.closest('dialog'))).toBe(true);
    }
    await page.keyboard.press('Escape');
    await expect(dialog).toBeHidden();
    expect((await focused(page)).name).toBe(`Details of ${type} for record r001`);

    await tabTo(page, /^Resolve /);
    await page.keyboard.press('Enter');
    await expect(dialog).toBeVisible();
    await tabTo(page, /^Note/);
    await page.keyboard.type('By keyboard');
    await tabTo(page, /^Resolve$/);
    await page.keyboard.press('Enter');
    await expect(dialog).toBeHidden();
    await expect(page.locator('#console tbody tr')).toHaveCount(1);
  });

  test('the focus is not lost when the row of a resolved error goes away', async ({ page, psql }) => {
    const type = unique('focus');
    await errors(psql, type, 2);
    await open(page, `/imports?e_type=${type}`);
    await page.getByRole('button', { name: `Resolve ${type} for record r001` }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Resolve', exact: true }).click();
    await expect(page.locator('#console tbody tr')).toHaveCount(1);
    expect(await page.evaluate(() => document.activeElement?.tagName)).not.toBe('BODY');
  });

  test('letters go to pages, and not while one types', async ({ page }) => {
    await open(page, '/');
    for (const [letter, path] of [['c', '/companies'], ['p', '/contacts'], ['i', '/imports'], ['e', '/events'], ['o', '/']]) {
      await page.keyboard.press('g');
      await page.keyboard.press(letter);
      await expect(page).toHaveURL(base() + path);
    }
    await page.keyboard.press('/');
    await page.keyboard.type('gigs?');
    await expect(page.getByRole('searchbox', { name: 'Search companies' })).toHaveValue('gigs?');
    await expect(page).toHaveURL(`${base()}/`);
  });

  test('the console is made higher and lower with the arrow keys', async ({ page }) => {
    await open(page, '/events');
    const handle = page.getByRole('separator', { name: 'Height of the error console' });
    const height = async () => (await page.locator('#console').boundingBox())!.height;
    const before = await height();
    await handle.focus();
    await page.keyboard.press('ArrowUp');
    await expect.poll(height).toBe(before + 24);
    await page.reload();
    await live(page);
    expect(await height()).toBe(before + 24);
  });
});
