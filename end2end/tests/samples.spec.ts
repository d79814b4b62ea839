// The first page of a new installation, on a server and a database of its own.
import { expect, live, signIn, test } from './people';
import { Server } from './server';

test.use({ as: null });

test('from an empty database to verified companies with one click', async ({ page }) => {
  test.setTimeout(180_000);
  const server = await Server.fresh();
  try {
    await signIn(page, 'admin', '/', server.url);
    await live(page);
    await expect(page.locator('main')).toContainText('Nothing has been imported yet');
    await expect(page.locator('main')).toContainText('Sandbox data.');
    for (const [path, text] of [['/companies', 'No companies yet'], ['/contacts', 'No contacts yet'], ['/imports', 'No imports yet'], ['/events', 'No events yet']]) {
      await page.goto(server.url + path);
      await live(page);
      await expect(page.locator('main')).toContainText(text);
      await expect(page.locator('#console')).toContainText('No unresolved errors');
    }
    await page.goto(`${server.url}/`);
    await live(page);
    await page.getByRole('button', { name: 'Load sample companies' }).click();
    await expect(page).toHaveURL(/\/imports\/\d+-sample-companies-/, { timeout: 30_000 });
    await expect(page.locator('main .badge').first()).toHaveText('completed');
    await page.getByRole('link', { name: 'Overview' }).click();
    await expect(page.locator('[data-stage=import] [data-figure=done]')).toHaveText('40');
    await expect(page.locator('[data-stage=verify] [data-figure=done]')).not.toHaveText('0', { timeout: 60_000 });
    await expect(page.locator('main')).not.toContainText('Nothing has been imported yet');
    await page.getByRole('link', { name: 'Companies', exact: true }).click();
    await expect(page.locator('main tbody tr').filter({ hasText: 'Northwind Logistics' })).toHaveCount(1);
  } finally {
    await server.remove();
  }
});
