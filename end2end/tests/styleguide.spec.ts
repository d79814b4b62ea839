// Every component as a picture, in both themes, at a desk and on a phone: what nobody meant to change is seen.
// `make e2e ARGS='styleguide --update-snapshots'` takes the pictures anew.
import { readdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Page } from '@playwright/test';
import { expect, open, test } from './people';

const FAMILIES = ['tokens', 'buttons', 'fields', 'marks', 'notices', 'progress', 'tables', 'figures', 'dialogs'];
const SIZES = { desk: { width: 1280, height: 900 }, phone: { width: 360, height: 740 } };
/** All pictures together, in bytes: they are in the repository. */
const MOST_BYTES = 4_000_000;

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));

// The rules that hold the page still while its picture is taken are not the page's own.
test.use({ bypassCSP: true });

async function still(page: Page) {
  await page.evaluate(() => document.fonts.ready);
  await page.mouse.move(0, 0);
}

const OPTIONS = {
  animations: 'disabled',
  caret: 'hide',
  maxDiffPixelRatio: 0.02,
  stylePath: here('./styleguide.css'),
} as const;

for (const scheme of ['light', 'dark'] as const) {
  for (const [name, size] of Object.entries(SIZES)) {
    test(`components look as they did, ${scheme}, ${name}`, async ({ page }) => {
      test.setTimeout(180_000);
      await page.setViewportSize(size);
      await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
      await open(page, '/styleguide');
      await still(page);
      for (const family of FAMILIES) {
        await expect.soft(page.locator(`section#${family}`)).toHaveScreenshot(`${family}-${name}-${scheme}.png`, OPTIONS);
      }
    });
  }
}

test('every family has its pictures, and together they are not large', async ({ page }) => {
  await open(page, '/styleguide');
  const families = page.getByRole('navigation', { name: 'Families' }).getByRole('link');
  expect(await families.evaluateAll((links) => links.map((link) => link.getAttribute('href')))).toEqual(FAMILIES.map((id) => `#${id}`));
  const folder = here('./styleguide.spec.ts-snapshots/');
  const sizes = readdirSync(folder).map((name) => statSync(folder + name).size);
  expect(sizes.length).toBe(FAMILIES.length * 4);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(MOST_BYTES);
});

test('what opens closes again, and nothing is changed by it', async ({ page }) => {
  await open(page, '/styleguide');
  const dialog = page.locator('dialog[open]');
  for (const name of ['Open a dialog…', 'A question… of the example', 'A question with its reason… of the example', 'Retry: 2 events that are not there', /^Process now… \(Enrich/]) {
    const opener = page.getByRole('button', { name, exact: typeof name === 'string' });
    await opener.click();
    await expect(dialog).toBeVisible();
    await expect(dialog).not.toContainText('Counting…');
    await page.keyboard.press('Escape');
    await expect(dialog).toHaveCount(0);
    await expect(opener).toBeFocused();
  }
  await page.getByRole('button', { name: 'A question that fails… of the example' }).click();
  await dialog.getByRole('button', { name: 'Try' }).click();
  await expect(dialog.getByRole('alert')).toContainText('The server could not do this');
  await page.keyboard.press('Escape');

  await page.getByRole('button', { name: 'Announce something' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'announced by the style guide' })).toHaveCount(1);
  await page.getByRole('button', { name: 'Open a menu' }).click();
  await expect(page.getByRole('link', { name: 'An entry' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('link', { name: 'An entry' })).toBeHidden();
});

test('chosen rows and filters follow', async ({ page }) => {
  await open(page, '/styleguide');
  const tables = page.locator('section#tables');
  await tables.getByRole('checkbox', { name: 'Choose event -3' }).check();
  await expect(tables.getByRole('button', { name: 'Retry: the chosen event' })).toBeVisible();
  await page.getByRole('combobox', { name: 'Stage' }).selectOption('enrich');
  await expect(page).toHaveURL(/stage=enrich/);
  await expect(tables.getByRole('columnheader', { name: 'Company' }).last()).toHaveAttribute('aria-sort', 'ascending');
});

test('the palette and the rail lead to it', async ({ page }) => {
  await open(page, '/');
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Style guide' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Style guide');
  await page.keyboard.press('Control+k');
  await page.keyboard.type('style');
  await expect(page.getByRole('dialog').getByRole('option', { name: /Style guide/ })).toBeVisible();
});
