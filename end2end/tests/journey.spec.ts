// The main job: sign in, import a file, watch it flow, deal with what failed.
import { expect, test } from '@playwright/test';
import { base, companies, live, signIn } from './people';
import { Server } from './server';

test('a wrong password is refused, and pages ask for a sign-in', async ({ page }) => {
  await page.goto(`${base()}/companies`);
  await expect(page).toHaveURL(/sign-in\?.*next/);
  await page.getByLabel('Name').fill('admin');
  await page.getByLabel('Password').fill('not the password');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('alert')).toContainText('Name or password is wrong');
});

test('a file is imported and its companies flow to verified addresses without a reload', async ({ page, context }) => {
  await signIn(page, 'admin', '/imports');
  await live(page);
  const overview = await context.newPage();
  await overview.goto(`${base()}/`);
  await live(overview);
  const loads = { count: 0 };
  overview.on('load', () => loads.count++);

  await page.locator('input[type=file]').setInputFiles({ name: 'journey.csv', mimeType: 'text/csv', buffer: companies('journey', 60) });
  await expect(page).toHaveURL(/\/imports\/\d+-journey-/);
  await expect(page.getByLabel('Column Website goes to')).toHaveValue('website');
  await page.getByRole('button', { name: 'Import', exact: true }).click();
  await expect(page.getByText('completed').first()).toBeVisible();
  await expect(page.getByText('Duplicate of line 2 in this file')).toBeVisible();

  const strip = overview.locator('main, .page').first();
  await expect(strip.getByText('180').first()).toBeVisible({ timeout: 30_000 });
  expect(loads.count).toBe(0);
});

test('errors are resolved with a note and retried', async ({ page }) => {
  await signIn(page, 'operator');
  await live(page);
  const console = page.locator('#console');
  const rows = console.locator('tbody tr');
  await expect(rows.first()).toBeVisible({ timeout: 45_000 });

  await rows.first().getByRole('button', { name: /^Details of/ }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByText('Payload of the event')).toBeVisible();
  await dialog.getByRole('button', { name: 'Close' }).last().click();

  await rows.first().getByRole('button', { name: /^Retry / }).click();
  await expect(dialog).toContainText(/WF_/);
  await dialog.getByRole('button', { name: 'Retry', exact: true }).click();
  await dialog.getByRole('button', { name: 'Close' }).last().click();

  await page.goto(`${base()}/?e_resolved=no`);
  await live(page);
  await rows.last().getByRole('button', { name: /^Resolve / }).click();
  await dialog.getByRole('textbox').fill('known outage');
  await dialog.getByRole('button', { name: 'Resolve', exact: true }).click();
  await page.goto(`${base()}/?e_resolved=yes`);
  await rows.first().getByRole('button', { name: /^Details of/ }).click();
  await expect(dialog).toContainText('operator');
});

test('a viewer sees everything and may change nothing', async ({ page }) => {
  await signIn(page, 'viewer');
  await live(page);
  const rows = page.locator('#console tbody tr');
  await expect(rows.first()).toBeVisible();
  await expect(page.getByRole('button', { name: /^(Retry|Resolve)/ })).toHaveCount(0);
  await expect(page.getByRole('button', { name: /Process now/ })).toHaveCount(0);
  await page.goto(`${base()}/imports`);
  await expect(page.locator('input[type=file]')).toHaveCount(0);
  const refused = await page.request.post(`${base()}/upload?name=x.csv`, { data: 'name\nx\n', headers: { 'sec-fetch-site': 'same-origin' } });
  expect(refused.status()).toBe(403);
});

test('the page reconnects after the server was restarted', async ({ page }) => {
  await signIn(page, 'viewer');
  await live(page);
  const server = Server.shared();
  await server.stop();
  await expect(page.locator('.live')).toHaveText('Reconnecting');
  await server.start();
  await live(page);
});
