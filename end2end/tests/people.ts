// Signing in, and what the tests ask of a page.
import { type Page, expect } from '@playwright/test';
import { PASSWORD } from './server';

export const base = () => process.env.BASE_URL!;

/** Signs in through the form, as a person would. */
export async function signIn(page: Page, name: string, path = '/') {
  await page.goto(`${base()}/sign-in?next=${encodeURIComponent(path)}`);
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page).toHaveURL(new RegExp(`${path.replace(/[?]/g, '\\?')}$`));
}

/** Waits until the page is alive: hydrated, with its websocket open. */
export async function live(page: Page) {
  await expect(page.locator('.live')).toHaveText('Live');
}

/** A CSV of so many invented companies; `tag` keeps their domains apart from those of other tests. */
export function companies(tag: string, count: number): Buffer {
  const rows = Array.from({ length: count }, (_, n) => `${tag} ${n},https://${tag}-${n}.example,Testing`);
  return Buffer.from(['Company,Website,Industry', ...rows, `No site of ${tag},,Testing`, `${tag} twice,${tag}-0.example,Testing`].join('\n'));
}
