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
  const search = page.getByRole('searchbox', { name: 'Search the largest tables and the settings' });
  await search.fill('site_addr');
  await search.press('Enter');
  await expect(page).toHaveURL(/[?&]q=site_addr/);
  await expect(settings.locator('tbody tr')).toHaveCount(1);
  await expect(page.locator('main')).toContainText('No table says this.');
  await page.goBack();
  await expect(settings.locator('tbody tr')).not.toHaveCount(1);
  const password = new URL(Server.shared().databaseUrl()).password;
  expect(await page.content()).not.toContain(password);
});

test('how long something is kept is changed after what goes was said, and changed back', async ({ page, psql }) => {
  await psql.run(`INSERT INTO marketing.pipeline_errors (event_type, error_message, created_at, resolved, resolved_at)
    VALUES ('company_created', 'long ago', now() - interval '60 days', TRUE, now() - interval '50 days')`);
  await open(page, '/system');
  const kept = page.locator('main tr[data-kept=errors]');
  await expect(kept.locator('[data-label=Kept]')).toHaveText('90 days');
  await expect(kept.locator('[data-label="Next run"]')).not.toBeEmpty();
  await kept.getByRole('button', { name: 'Change how long: resolved errors' }).click();
  const dialog = page.locator('dialog[open]');
  await dialog.getByLabel('Days; empty for ever').fill('soon');
  await dialog.getByRole('button', { name: 'Continue' }).click();
  await expect(dialog).toContainText('“soon” is no number of days.');
  await dialog.getByLabel('Days; empty for ever').fill('40');
  await dialog.getByRole('button', { name: 'Continue' }).click();
  await expect(dialog.locator('[data-figure=goes]')).toHaveText(
    /^Kept 40 days instead of 90 days\. The next run would delete [1-9]\d* rows? \(resolved errors\), and nothing brings them back\. The next run is on .+ UTC\.$/,
  );
  await dialog.getByRole('button', { name: 'Keep 40 days' }).click();
  await expect(dialog).toHaveCount(0);
  await expect(kept.locator('[data-label=Kept]')).toHaveText('40 days');
  await page.getByRole('region', { name: 'Messages' }).getByRole('button', { name: 'Undo' }).click();
  await expect(kept.locator('[data-label=Kept]')).toHaveText('90 days');
  expect(await psql.run(`SELECT after ->> 'keep_days' FROM marketing.audit_log WHERE action = 'retention.set' AND target = 'errors' ORDER BY id`)).toEqual(['40', '90']);
});

test.describe('an operator', () => {
  test.use({ as: 'operator' });

  test('is not offered the page, and does not get it', async ({ page }) => {
    await open(page, '/');
    await expect(page.getByRole('link', { name: 'System' })).toHaveCount(0);
    expect((await page.goto(`${base()}/system`))?.status()).toBe(403);
  });
});
