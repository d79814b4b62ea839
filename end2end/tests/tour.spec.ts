// The tour of the demo: offered, never in the way, over for good once it was taken or declined.
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, open, test } from './people';

const dialog = (page: Page) => page.getByRole('dialog');
const offer = (page: Page) => page.getByRole('button', { name: 'Take the tour (1 minute)' });

test('it goes from place to place and is not offered again', async ({ page }) => {
  await open(page, '/');
  await expect(dialog(page)).toHaveCount(0);
  await offer(page).click();
  await expect(dialog(page)).toHaveAccessibleName('Companies come in here');
  await expect(page.getByRole('button', { name: 'Next' })).toBeFocused();
  await expect(page.locator('[data-pointed-at]')).toHaveText(/Import CSV/);
  const { violations } = await new AxeBuilder({ page }).include('.tour').analyze();
  expect(violations.map(({ id }) => id)).toEqual([]);

  for (const [title, target] of [['The pipeline', '.flow-card'], ['The error console', '#console'], ['Go to or do anything', '.palette-button'], ['All pages', '#rail']]) {
    await page.keyboard.press('Enter');
    await expect(dialog(page)).toHaveAccessibleName(title);
    await expect(page.locator(`${target}[data-pointed-at]`)).toHaveCount(1);
    // Beside what it is about, never over it, and within the window.
    await expect(async () => {
      const [own, other] = [(await dialog(page).boundingBox())!, (await page.locator(target).boundingBox())!];
      const apart = own.x >= other.x + other.width || own.x + own.width <= other.x || own.y >= other.y + other.height || own.y + own.height <= other.y;
      expect(apart, title).toBe(true);
      expect(own.x >= 0 && own.y >= 0 && own.x + own.width <= 1440 && own.y + own.height <= 1000, title).toBe(true);
    }).toPass({ timeout: 5_000 });
  }
  await page.getByRole('button', { name: 'Back' }).click();
  await expect(dialog(page)).toHaveAccessibleName('Go to or do anything');
  await page.getByRole('button', { name: 'Next' }).click();
  await page.getByRole('button', { name: 'Done', exact: true }).click();
  await expect(dialog(page)).toHaveCount(0);
  await expect(page.locator('[data-pointed-at]')).toHaveCount(0);
  await expect(offer(page)).toBeHidden();
  await open(page, '/');
  await expect(offer(page)).toBeHidden();
});

test('it ends at any step, is declined without a look, and opens again from the menus', async ({ page }) => {
  await open(page, '/');
  await page.getByRole('button', { name: 'Do not offer the tour again' }).click();
  await expect(offer(page)).toBeHidden();
  await open(page, '/workers');
  await page.keyboard.press('?');
  await page.getByRole('button', { name: 'Take the tour' }).click();
  await expect(dialog(page)).toHaveAccessibleName('Companies come in here');
  await expect(page).toHaveURL(/\/$/);
  await page.keyboard.press('Enter');
  await page.keyboard.press('Escape');
  await expect(dialog(page)).toHaveCount(0);
  await page.getByRole('button', { name: /^Account/ }).click();
  await page.getByRole('button', { name: 'Take the tour' }).click();
  await page.getByRole('button', { name: 'Skip' }).click();
  await expect(dialog(page)).toHaveCount(0);
});

test('on a phone it stays within the window', async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await open(page, '/');
  await offer(page).click();
  for (let step = 0; step < 5; step++) {
    await expect(dialog(page)).toBeVisible();
    await expect(async () => {
      const box = (await dialog(page).boundingBox())!;
      expect(box.x >= 0 && box.x + box.width <= 360 && box.y >= 0 && box.y + box.height <= 740, `step ${step}`).toBe(true);
    }).toPass({ timeout: 5_000 });
    await page.keyboard.press('Enter');
  }
  await expect(dialog(page)).toHaveCount(0);
});
