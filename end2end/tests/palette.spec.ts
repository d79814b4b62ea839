// The keyboard's way to everything: the command palette and the rows of a list.
import { failures, settled } from './data';
import { base, expect, open, test, unique } from './people';
import { Server } from './server';

test('the palette goes to a company, an event and a page, and does what has a name', { tag: '@firefox' }, async ({ page, psql }) => {
  const tag = unique('palette');
  const [id] = await settled(psql, tag, 2);
  await open(page, '/events?status=failed&e_type=company_created');
  const palette = page.getByRole('dialog');
  const field = palette.getByRole('combobox');
  const options = palette.getByRole('option');

  await page.getByRole('searchbox', { name: 'Record, company or error' }).focus();
  await page.keyboard.press('Control+k');
  await expect(field).toBeFocused();
  await page.keyboard.type(`${tag} 1`);
  await expect(options).toHaveCount(1);
  await expect(options.first()).toContainText(`Company${tag} 1`);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 2, name: `${tag} 1` })).toBeVisible();
  expect(new URL(page.url()).search, 'the console is as it was').toBe('?e_type=company_created');
  await expect(page.getByRole('dialog')).toHaveCount(0);

  const event = await psql.number(`SELECT min(id) FROM marketing.pipeline_events WHERE payload ->> 'record_id' = '${id}' AND event_type = 'company_created'`);
  await page.keyboard.press('Control+k');
  await page.keyboard.type(`#${event}`);
  await expect(options.first()).toContainText(`${event} company_created`);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(new RegExp(`/events/${event}`));

  await page.keyboard.press('Control+k');
  await page.keyboard.type('enr rep');
  await expect(options).toHaveCount(1);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(`${base()}/reports/enrichment?e_type=company_created`);

  await page.keyboard.press('Control+k');
  await page.keyboard.type('updates');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'Pause updates' })).toHaveAttribute('aria-pressed', 'true');

  await page.getByRole('button', { name: /^Go to…/ }).click();
  await field.fill(`nobody-is-called-${tag}`);
  await expect(page.getByRole('dialog')).toContainText('No record has this in its name.');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('button', { name: /^Go to…/ })).toBeFocused();
});

test('arrows choose in the palette, j and k in a list', async ({ page, psql }) => {
  const tag = unique('rows');
  await settled(psql, tag, 3);
  await open(page, `/companies?q=${tag}`);
  await expect(page.locator('main tbody tr')).toHaveCount(3);
  const links = page.locator('main tbody tr th a');
  await page.keyboard.press('j');
  await expect(links.nth(0)).toBeFocused();
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await expect(links.nth(2)).toBeFocused();
  await page.keyboard.press('k');
  await expect(links.nth(1)).toBeFocused();

  await page.keyboard.press('Control+k');
  const selected = page.locator('[role=option][aria-selected=true]');
  await expect(selected).toContainText('Overview');
  await page.keyboard.press('ArrowDown');
  await expect(selected).toContainText('Trends');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowUp');
  await expect(selected).toContainText('Light or dark theme');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(`${base()}/`);
});

test('a stage is paused from the palette, which asks why', async ({ page, psql }) => {
  await open(page, '/workers');
  await page.keyboard.press('Control+k');
  await page.keyboard.type('pause slots');
  await expect(page.locator('[role=option][aria-selected=true]')).toContainText('Pause Slots…');
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Pause Slots' });
  await dialog.getByLabel('Reason').fill('a look at the slots');
  await dialog.getByRole('button', { name: 'Pause', exact: true }).click();
  await expect(page.locator('.toast')).toContainText('Slots is paused');
  const why = `SELECT pause_reason FROM marketing.stage_settings WHERE stage = 'slots'`;
  expect(await psql.run(why)).toEqual(['a look at the slots']);
  await page.keyboard.press('Control+k');
  await page.keyboard.type('resume slots');
  await page.keyboard.press('Enter');
  await page.getByRole('dialog', { name: 'Resume Slots' }).getByRole('button', { name: 'Resume', exact: true }).click();
  await expect(page.locator('.toast').filter({ hasText: 'Slots goes on' })).toBeVisible();
  expect(await psql.run(why)).toEqual(['']);
});

test('rows are chosen and retried from the keyboard', async ({ page, psql }) => {
  const tag = unique('chosen');
  await failures(psql, tag, await settled(psql, tag, 2));
  await open(page, `/events?batch=${tag}&status=failed`);
  await page.keyboard.press('r');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await page.keyboard.press('j');
  await page.keyboard.press('s');
  await expect(page.locator('main tbody input:checked')).toHaveCount(1);
  await page.keyboard.press('r');
  await expect(page.getByRole('dialog')).toContainText('the chosen event');
});

test('errors are gone through, resolved and retried from the keyboard', async ({ page, psql }) => {
  const tag = unique('keys');
  const ids = await settled(psql, tag, 2);
  await failures(psql, tag, ids);
  await open(page, `/workers?e_q=${tag}`);
  const rows = page.locator('#console tbody tr');
  await expect(rows).toHaveCount(2);
  await page.keyboard.press('x');
  await expect(rows.nth(0).getByRole('button').first()).toBeFocused();
  await page.keyboard.press('j');
  await expect(rows.nth(1).getByRole('button').first()).toBeFocused();
  const dialog = page.getByRole('dialog');
  await page.keyboard.press('r');
  await expect(dialog).toContainText('Retry this error');
  await page.keyboard.press('Escape');
  await expect(rows.nth(1).locator('button:focus')).toHaveCount(1);
  await page.keyboard.press('e');
  await expect(dialog.getByRole('button', { name: 'Resolve' })).toBeVisible();
  await page.keyboard.press('Escape');
  await page.keyboard.press('r');
  await expect(dialog).toContainText('Retry this error');
  // A key may come before the browser says that the dialog was closed.
  await page.evaluate(() => {
    document.querySelector<HTMLDialogElement>('dialog[open]')!.close();
    document.activeElement!.dispatchEvent(new KeyboardEvent('keydown', { key: 'e', bubbles: true }));
  });
  await dialog.getByRole('button', { name: 'Resolve' }).click();
  await expect(rows).toHaveCount(1);
});

test('on a phone the palette opens from the menu', async ({ browser }) => {
  const context = await browser.newContext({ storageState: Server.shared().sessionFile('viewer'), viewport: { width: 360, height: 740 } });
  const page = await context.newPage();
  await page.goto(`${base()}/workers`);
  await expect(page.locator('.live')).toHaveAttribute('data-connection', 'connected', { timeout: 30_000 });
  await page.getByRole('button', { name: 'Menu' }).click();
  await page.getByRole('button', { name: /^Go to…/ }).click();
  await expect(page.getByRole('dialog').getByRole('combobox')).toBeFocused();
  await page.keyboard.type('companies');
  await page.getByRole('dialog').getByRole('option').first().click();
  await expect(page).toHaveURL(`${base()}/companies`);
  await context.close();
});
