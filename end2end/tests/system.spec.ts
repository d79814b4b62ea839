// The page about the system: for admins, with figures and without secrets.
import { base, expect, open, test } from './people';
import { Server } from './server';

test('an admin sees what runs here, and no password', async ({ page, psql }) => {
  await open(page, '/');
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'System' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'System' })).toBeVisible();
  const facts = page.locator('main .facts');
  const [version] = await psql.run(`SELECT current_setting('server_version')`);
  await expect(facts).toContainText(version);
  const fact = (label: string) => facts.locator('div', { has: page.getByText(label, { exact: true }) }).locator('dd');
  await expect(fact('Migrations applied')).toHaveText(String(await psql.number('SELECT count(*) FROM _sqlx_migrations')));
  await expect(fact('Workers alive')).toHaveText(/^1 of \d+$/);
  await expect(fact('Live feed')).toContainText('connected');
  await expect(page.getByRole('region', { name: 'Largest tables' }).locator('tbody tr')).toHaveCount(10);
  const settings = page.getByRole('region', { name: 'Settings', exact: true });
  await expect(settings.getByRole('row', { name: /^SITE_ADDR/ })).toContainText(base().replace('http://', ''));
  const password = new URL(Server.shared().databaseUrl()).password;
  expect(await page.content()).not.toContain(password);
});

test.describe('an operator', () => {
  test.use({ as: 'operator' });

  test('is not offered the page, and does not get it', async ({ page }) => {
    await open(page, '/');
    await expect(page.getByRole('link', { name: 'System' })).toHaveCount(0);
    expect((await page.goto(`${base()}/system`))?.status()).toBe(403);
  });
});
