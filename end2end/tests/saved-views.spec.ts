// Lists that people keep with their filters: saved, shared, made the default, found in the palette, deleted.
import { base, expect, open, test, unique } from './people';

test('a view is kept, shared, made the default, and deleted', { tag: '@firefox' }, async ({ page, psql }) => {
  const name = unique('Stuck ');
  await psql.run(`DELETE FROM app.saved_views WHERE path = '/events'`);
  await open(page, '/events?status=failed&e_q=nothing');
  const button = page.getByRole('button', { name: 'Views', exact: true });
  const menu = page.getByRole('region', { name: 'Saved views' });
  await button.click();
  await expect(menu.getByText('No view of this list is kept yet.')).toBeVisible();
  await menu.getByLabel('Keep these filters as').fill(name);
  await menu.getByLabel('Everybody sees it').check();
  await menu.getByRole('button', { name: 'Save the view' }).click();
  const link = menu.getByRole('link', { name });
  await expect(link).toHaveAttribute('aria-current', 'true');
  expect(await psql.run(`SELECT query, shared FROM app.saved_views WHERE name = '${name}'`)).toEqual(['status=failed|t']);

  // The whole list has nothing to keep; the view leads back to the filter, and the console's own filter stays.
  await open(page, '/events?e_q=nothing');
  await button.click();
  await expect(menu.getByRole('button', { name: 'Save the view' })).toBeDisabled();
  await link.click();
  await expect(page).toHaveURL(`${base()}/events?status=failed&e_q=nothing`);
  await expect(menu).toBeHidden();

  await button.click();
  const standing = menu.getByRole('button', { name: `The menu leads to ${name}` });
  await standing.click();
  await expect(standing).toHaveAttribute('aria-pressed', 'true');
  await page.keyboard.press('Escape');
  const rail = page.getByRole('navigation', { name: 'Main' });
  await rail.getByRole('link', { name: 'Companies' }).click();
  await rail.getByRole('link', { name: 'Events' }).click();
  await expect(page).toHaveURL(/\/events\?status=failed/);
  await rail.getByRole('link', { name: 'Companies' }).click();
  await expect(page).toHaveURL(/\/companies/);
  await page.keyboard.press('g');
  await page.keyboard.press('e');
  await expect(page).toHaveURL(/\/events\?status=failed/);

  await rail.getByRole('link', { name: 'Companies' }).click();
  await page.keyboard.press('ControlOrMeta+k');
  await page.getByRole('dialog').getByRole('combobox').fill(name);
  await page.getByRole('option', { name: new RegExp(name) }).click();
  await expect(page).toHaveURL(/\/events\?status=failed/);

  await button.click();
  await menu.getByRole('button', { name: `Delete the view ${name}` }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('Everybody sees it, and loses it');
  await dialog.getByRole('button', { name: 'Delete' }).click();
  await expect(rail.getByRole('link', { name: 'Events' })).toHaveAttribute('href', /^\/events(\?e_|$)/);
  expect(await psql.run(`SELECT count(*) FROM app.saved_views WHERE name = '${name}'`)).toEqual(['0']);
});

test.describe('a viewer', () => {
  test.use({ as: 'viewer' });

  test('sees what is shared and keeps views alone', async ({ page, psql }) => {
    const name = unique('Shared ');
    await psql.run(`INSERT INTO app.saved_views (owner_id, path, name, query, shared)
      SELECT id, '/companies', '${name}', 'state=rejected', TRUE FROM app.users WHERE name = 'admin'`);
    await open(page, '/companies');
    await page.getByRole('button', { name: 'Views', exact: true }).click();
    const menu = page.getByRole('region', { name: 'Saved views' });
    await expect(menu.getByText('by admin')).toBeVisible();
    await expect(menu.getByLabel('Everybody sees it')).toHaveCount(0);
    await expect(menu.getByRole('button', { name: /Delete/ })).toHaveCount(0);
    await menu.getByRole('link', { name }).click();
    await expect(page).toHaveURL(`${base()}/companies?state=rejected`);
    await psql.run(`DELETE FROM app.saved_views WHERE name = '${name}'`);
  });
});
