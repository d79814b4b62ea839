// The error console: finding errors, reading one, and marking them as dealt with.
import type { Locator, Page } from '@playwright/test';
import { errors, failures, settled } from './data';
import { base, expect, live, open, test, unique } from './people';

test.use({ as: 'operator' });

const rows = (page: Page): Locator => page.locator('#console tbody tr');
const shown = (page: Page, label: string) => rows(page).locator(`[data-label="${label}"]`).allTextContents();
const select = (page: Page, label: string) => page.locator('#console').getByRole('combobox', { name: label });

test('filters go to the URL, and survive a reload and Back', async ({ page, psql }) => {
  const type = unique('filtered');
  await errors(psql, type, 3, 'error');
  await errors(psql, type, 2, 'critical');
  await errors(psql, type, 1, 'warning');
  await open(page, '/events');

  await select(page, 'Type').selectOption(type);
  await expect(page).toHaveURL(`${base()}/events?e_type=${type}`);
  await expect(rows(page)).toHaveCount(6);

  await select(page, 'Severity').selectOption('critical');
  await expect(page).toHaveURL(`${base()}/events?e_type=${type}&e_severity=critical`);
  await expect(rows(page)).toHaveCount(2);
  expect(new Set(await shown(page, 'Severity'))).toEqual(new Set(['critical']));

  await page.reload();
  await live(page);
  await expect(select(page, 'Type')).toHaveValue(type);
  await expect(select(page, 'Severity')).toHaveValue('critical');
  await expect(rows(page)).toHaveCount(2);

  await select(page, 'State').selectOption('yes');
  await expect(page).toHaveURL(/&e_resolved=yes$/);
  await expect(page.locator('#console')).toContainText('No error matches the filter');
  await page.reload();
  await live(page);
  await expect(select(page, 'State')).toHaveValue('yes');

  await page.goBack();
  await expect(select(page, 'State')).toHaveValue('');
  await expect(select(page, 'Severity')).toHaveValue('critical');
  await expect(rows(page)).toHaveCount(2);
  await page.goBack();
  await expect(select(page, 'Severity')).toHaveValue('');
  await expect(rows(page)).toHaveCount(6);

  await page.getByRole('link', { name: `Remove the filter type ${type}` }).click();
  await expect(page).toHaveURL(`${base()}/events`);
  await expect(select(page, 'Type')).toHaveValue('');
});

test('the filter goes along to other pages', async ({ page, psql }) => {
  const type = unique('carried');
  await errors(psql, type, 2);
  await open(page, `/?e_type=${type}`);
  await expect(rows(page)).toHaveCount(2);
  for (const name of ['Companies', 'Imports', 'Events']) {
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name }).click();
    await expect(page).toHaveURL(`${base()}/${name.toLowerCase()}?e_type=${type}`);
    await expect(rows(page)).toHaveCount(2);
  }
});

test('errors are found by their text', async ({ page, psql }) => {
  const type = unique('searched');
  await errors(psql, type, 12);
  await open(page, '/');
  await page.locator('#console').getByRole('searchbox').fill(`Failure 7 of ${type}`);
  await page.keyboard.press('Enter');
  await expect(rows(page)).toHaveCount(1);
  await expect(page).toHaveURL(/e_q=Failure%207%20of/);
  await page.reload();
  await live(page);
  await expect(page.locator('#console').getByRole('searchbox')).toHaveValue(`Failure 7 of ${type}`);
  await expect(rows(page)).toHaveCount(1);
});

test('one error has an address, and the console says what its filter hides', async ({ page, psql }) => {
  const type = unique('addressed');
  await errors(psql, type, 1);
  const [id] = await psql.run(`SELECT id FROM marketing.pipeline_errors WHERE event_type = '${type}'`);
  await open(page, `/workers?e_type=${type}`);
  await rows(page).first().getByRole('button', { name: /^Details of/ }).click();
  const address = page.getByRole('dialog').getByRole('link', { name: `Error ${id}` });
  await expect(address).toHaveAttribute('href', `/?e_open=${id}`);
  await open(page, `/?e_open=${id}`);
  await expect(page.getByRole('dialog')).toContainText(`Failure 1 of ${type}`);
  await page.keyboard.press('Escape');

  await psql.run(`UPDATE marketing.pipeline_errors SET resolved = TRUE WHERE id = ${id}`);
  const [group] = await psql.run(`SELECT group_key FROM marketing.pipeline_errors WHERE id = ${id}`);
  await open(page, `/workers?e_group=${group}&e_newer=1h`);
  await expect(page.locator('#console')).toContainText('No error matches the filter');
  await page.getByRole('link', { name: 'Clear the filter' }).click();
  await expect(page).toHaveURL(`${base()}/workers`);
});

test('columns sort both ways, and pages are read by key', async ({ page, psql }) => {
  const type = unique('sorted');
  await errors(psql, `${type}a`, 30);
  await errors(psql, `${type}b`, 30, 'warning', 'q');
  await open(page, `/?e_q=${type}`);
  await expect(rows(page)).toHaveCount(50);
  const head = (name: string) => page.locator('#console thead th', { hasText: name });

  await head('Record').getByRole('link').click();
  await expect(page).toHaveURL(/e_sort=record&e_order=up/);
  await expect(head('Record')).toHaveAttribute('aria-sort', 'ascending');
  await expect(rows(page).first()).toContainText('q001');
  await head('Record').getByRole('link').click();
  await expect(head('Record')).toHaveAttribute('aria-sort', 'descending');
  await expect(rows(page).first()).toContainText('r030');
  await page.reload();
  await live(page);
  await expect(rows(page).first()).toContainText('r030');

  const pages = page.getByRole('navigation', { name: 'Pages of errors' });
  const first = await shown(page, 'Record');
  await pages.getByRole('link', { name: 'Older' }).click();
  await expect(rows(page)).toHaveCount(10);
  await expect(page).toHaveURL(/e_after=/);
  const all = [...first, ...(await shown(page, 'Record'))];
  expect(all).toEqual(all.toSorted().reverse());
  expect(new Set(all).size).toBe(60);
  await page.goBack();
  await expect(rows(page)).toHaveCount(50);
  await page.goForward();
  await expect(rows(page)).toHaveCount(10);
  await pages.getByRole('link', { name: 'Newest' }).click();
  await expect(rows(page)).toHaveCount(50);

  await head('Event type').getByRole('link').click();
  await expect(page).toHaveURL(/e_sort=type&e_order=up/);
  await expect(rows(page).first()).toContainText(`${type}a`);
  await head('Time').getByRole('link').click();
  await expect(page).toHaveURL(`${base()}/?e_q=${type}`);
  await expect(head('Time')).toHaveAttribute('aria-sort', 'descending');
});

test('the details show the JSON, close with Escape and give the focus back', async ({ page, psql }) => {
  const tag = unique('detail');
  const ids = await settled(psql, tag, 1);
  await failures(psql, tag, ids);
  await errors(psql, tag, 1);
  await open(page, `/?e_q=${tag}`);
  const dialog = page.getByRole('dialog');

  const opener = page.getByRole('button', { name: `Details of company_created for record ${ids[0]}` });
  await opener.focus();
  await page.keyboard.press('Enter');
  await expect(dialog.getByRole('region', { name: 'Payload of the event' })).toContainText(`"record_id": ${ids[0]}`);
  await expect(dialog).toContainText('WF_Validate_Company');
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await expect(opener).toBeFocused();

  await page.getByRole('button', { name: `Details of ${tag} for record r001` }).click();
  await expect(dialog.getByRole('region', { name: 'Details' })).toContainText('"code": 4001');
  await dialog.getByRole('button', { name: 'Close' }).last().click();
  await expect(dialog).toBeHidden();
});

test('one error is resolved with a note, under the name of who did it', { tag: '@firefox' }, async ({ page, psql }) => {
  const type = unique('resolved');
  await errors(psql, type, 2);
  await open(page, `/?e_type=${type}`);
  const dialog = page.getByRole('dialog');
  await page.getByRole('button', { name: `Resolve ${type} for record r001` }).click();
  await dialog.getByRole('textbox').fill('The provider had an outage');
  await dialog.getByRole('button', { name: 'Resolve', exact: true }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByRole('status').filter({ hasText: `Resolved ${type} for record r001` })).toHaveCount(1);
  await expect(rows(page)).toHaveCount(1);
  await expect(rows(page)).toContainText('r002');

  await select(page, 'State').selectOption('yes');
  await expect(rows(page)).toHaveCount(1);
  await expect(rows(page)).toContainText('resolved');
  await expect(rows(page).getByRole('button', { name: /^(Resolve|Retry)/ })).toHaveCount(0);
  await rows(page).getByRole('button', { name: /^Details of/ }).click();
  await expect(dialog).toContainText(/by\s+operator\s*: The provider had an outage/);
});

test('all that match are resolved at once, with their number said first', async ({ page, psql }) => {
  const type = unique('bulk');
  await errors(psql, type, 55, 'critical');
  await errors(psql, type, 3, 'warning');
  await open(page, `/?e_type=${type}&e_severity=critical`);
  // More than a page holds: the number is that of the filter.
  await page.getByRole('button', { name: 'Resolve all 55…' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByRole('heading')).toHaveText('Resolve 55 errors');
  await expect(dialog).toContainText(`type ${type}, severity critical`);
  await dialog.getByRole('textbox').fill('All from one outage');
  await dialog.getByRole('button', { name: 'Resolve 55' }).click();
  await expect(dialog).toBeHidden();
  await expect(page.locator('#console')).toContainText('No error matches the filter');
  expect(await psql.number(`SELECT count(*) FROM marketing.pipeline_errors WHERE event_type = '${type}' AND resolved
    AND resolved_by = 'operator' AND resolution_notes = 'All from one outage'`)).toBe(55);
  await page.getByRole('link', { name: 'Remove the filter severity critical' }).click();
  await expect(rows(page)).toHaveCount(3);
});
