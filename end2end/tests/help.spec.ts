// The "?" of a page, and the help that it leads to.
import AxeBuilder from '@axe-core/playwright';
import { base, expect, live, open, signIn, test } from './people';

test.use({ as: 'viewer' });

test('a page says what it is for, and leads to its section', async ({ page }) => {
  await open(page, '/errors');
  const button = page.getByRole('button', { name: 'Help for this page' });
  await button.click();
  const help = page.locator('#page-help');
  await expect(help).toContainText('Errors of one cause are one group');
  const { violations } = await new AxeBuilder({ page }).include('#page-help').analyze();
  expect(violations.map(({ id }) => id)).toEqual([]);
  await page.keyboard.press('Escape');
  await expect(help).toBeHidden();
  await expect(button).toBeFocused();

  await button.click();
  await help.getByRole('link', { name: 'More in the help' }).click();
  await expect(page).toHaveURL(`${base()}/help#errors`);
  const section = page.locator('section#errors');
  await expect(section).toContainText('Regressed');
  await expect(section).toBeInViewport();
  await expect(page.getByRole('button', { name: 'Help for this page' })).toHaveCount(0);
  await page.reload();
  await live(page);
  await expect(section).toBeInViewport();
});

test('the rail leads to the help', async ({ page }) => {
  await open(page, '/');
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Help' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Help');
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Workers' }).click();
  await expect(page.locator('section#workers')).toBeInViewport();
});

test.describe('without JavaScript', () => {
  test.use({ as: null, javaScriptEnabled: false });

  test('the help is whole', async ({ page }) => {
    await signIn(page, 'viewer');
    await page.goto(`${base()}/help`);
    await expect(page.locator('section#dead-letters')).toContainText('nothing tries again');
  });
});
