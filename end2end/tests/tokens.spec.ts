// Tokens of programs: made by an admin, seen once, used without a browser, revoked.
import { request } from '@playwright/test';
import { base, expect, open, test, unique } from './people';

test('a token is made, seen once, used by a program, and revoked', async ({ page }) => {
  const name = unique('n8n');
  await open(page, '/tokens');
  const form = page.getByRole('form', { name: 'Make a token' });
  await form.getByLabel('Name').fill(name);
  await form.getByLabel('May do what this role may').selectOption('operator');
  // How long it works is for its maker to choose.
  await form.getByRole('button', { name: 'Make a token' }).click();
  await expect(page.getByLabel('The token')).toHaveCount(0);
  await form.getByLabel('Works for').selectOption('30 days');
  await form.getByRole('button', { name: 'Make a token' }).click();
  await expect(page.getByRole('status').filter({ hasText: `${name} works as operator` })).toBeVisible();
  const token = await page.getByLabel('The token').inputValue();
  expect(token).toMatch(/^occ_[0-9a-f]{64}$/);
  await page.getByRole('button', { name: 'Copy' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'clipboard' })).toBeVisible();
  // What was copied can be pasted.
  await form.getByLabel('Name').focus();
  await page.keyboard.press('Control+v');
  await expect(form.getByLabel('Name')).toHaveValue(token.slice(0, 60));
  await page.getByRole('button', { name: 'I have it' }).click();
  await expect(page.getByLabel('The token')).toHaveCount(0);
  const row = page.getByRole('row', { name: new RegExp(name) });
  await expect(row).toContainText('never');
  await expect(row).toContainText(token.slice(0, 12));

  // A program has no cookies and no origin.
  const program = await request.newContext({ extraHTTPHeaders: { authorization: `Bearer ${token}` }, storageState: { cookies: [], origins: [] } });
  const call = (name: string, body: unknown) => program.post(`${base()}/api/fn/${name}`, { data: body });
  const who = await call('current_user', {});
  expect(await who.json()).toMatchObject({ name: `admin via ${name}`, role: 'operator' });
  const groups = await call('error_groups', { query: { states: 'to_do', sort: 'last_seen' } });
  expect((await groups.json()).rows).toBeInstanceOf(Array);
  const csv = await program.get(`${base()}/export/errors.csv?e_severity=critical`);
  expect(await csv.text()).toContain('e_severity=critical');
  for (const [path, answer] of [['users', await call('users', {})], ['/', await program.get(`${base()}/`)]] as const) {
    expect(answer.status(), path).toBe(403);
    expect(await answer.json(), path).toMatchObject({ title: 'Not with a token' });
  }

  await open(page, '/tokens?state=live');
  await expect(row).toContainText('from 127.0.0.1');
  await page.locator('main').getByLabel('State').selectOption('revoked');
  await expect(page).toHaveURL(/state=revoked/);
  await expect(row).toHaveCount(0);
  await page.locator('main').getByLabel('State').selectOption('live');
  await row.getByRole('button', { name: `Revoke ${name}` }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText(name);
  await expect(dialog).toContainText(/It was last used on .* from 127\.0\.0\.1/);
  await dialog.getByRole('button', { name: 'Revoke' }).click();
  await expect(row).toHaveCount(0);
  const refused = await call('current_user', {});
  expect(refused.status()).toBe(401);
  expect((await refused.json()).detail).toContain('It was revoked on');
  await program.dispose();

  await page.locator('main').getByLabel('State').selectOption('revoked');
  await expect(row).toContainText('by admin');
  await expect(row.getByRole('button')).toHaveCount(0);
});

test.describe('an operator', () => {
  test.use({ as: 'operator' });

  test('has no business with tokens', async ({ page }) => {
    await open(page, '/');
    await expect(page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Tokens' })).toHaveCount(0);
    expect((await page.request.get(`${base()}/tokens`)).status()).toBe(403);
  });
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('a token is made and seen once', async ({ page }) => {
    const name = unique('plain');
    await page.goto(`${base()}/tokens`);
    const form = page.getByRole('form', { name: 'Make a token' });
    await form.getByLabel('Name').fill(name);
    await form.getByLabel('Works for').selectOption('7 days');
    await form.getByRole('button', { name: 'Make a token' }).click();
    await expect(page.getByRole('heading', { level: 1 })).toContainText(`${name} works as viewer until`);
    await expect(page.getByLabel('The token')).toHaveValue(/^occ_[0-9a-f]{64}$/);
    await page.getByRole('link', { name: 'I have it', exact: true }).click();
    await expect(page.locator('main').getByRole('row', { name: new RegExp(name) })).toContainText('never');
  });
});
