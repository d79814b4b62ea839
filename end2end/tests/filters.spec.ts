// Every list keeps its filter in the URL, where a reload, a bookmark and Back find it.
import type { Page } from '@playwright/test';
import { errors, settled } from './data';
import { base, expect, live, open, test, unique } from './people';
import { Server } from './server';

test.use({ as: 'viewer' });

const rows = (page: Page) => page.locator('main tbody tr');

/** What the page shows must be the same when its address is opened anew. */
async function survives(page: Page, count: number) {
  await page.reload();
  await live(page);
  await expect(rows(page)).toHaveCount(count);
}

test('events by type, status, record and batch', async ({ page, psql }) => {
  const tag = unique('events');
  const [id] = await settled(psql, tag, 2);
  await psql.run(`INSERT INTO marketing.pipeline_events (event_type, payload, status, batch_id, error_message)
    SELECT '${tag}', jsonb_build_object('record_id', '${tag}-' || n), 'failed', '${tag}', 'Broken ' || n FROM generate_series(1, 55) n`);
  await open(page, '/events');

  await page.getByRole('combobox', { name: 'Type' }).first().selectOption('company_created');
  await expect(page).toHaveURL(`${base()}/events?type=company_created`);
  await page.getByRole('searchbox', { name: 'Record id' }).fill(id);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(`${base()}/events?type=company_created&record=${id}`);
  await expect(rows(page)).toHaveCount(1);
  await survives(page, 1);
  await expect(page.getByRole('searchbox', { name: 'Record id' })).toHaveValue(id);

  await page.goto(`${base()}/events?batch=${tag}`);
  await live(page);
  await page.getByRole('combobox', { name: 'Status' }).selectOption('failed');
  await expect(page).toHaveURL(`${base()}/events?batch=${tag}&status=failed`);
  await page.getByRole('combobox', { name: 'Type' }).first().selectOption(tag);
  await expect(rows(page)).toHaveCount(50);
  await page.getByRole('navigation', { name: 'Pages of events' }).getByRole('link', { name: 'Older' }).click();
  await expect(rows(page)).toHaveCount(5);
  await survives(page, 5);
  // A new filter begins with its first page.
  await page.getByRole('combobox', { name: 'Type' }).first().selectOption('');
  await expect(page).not.toHaveURL(/after=/);
  await page.getByRole('link', { name: 'Remove the filter batch' }).click();
  await expect(page).toHaveURL(`${base()}/events?status=failed`);
  await page.goBack();
  await expect(page).toHaveURL(/batch=/);
});

test('two filters chosen in one moment', async ({ page, psql }) => {
  await settled(psql, unique('moment'), 1);
  await open(page, '/events');
  await expect(page.locator('main select[name=type] option')).not.toHaveCount(1);
  await page.locator('main').evaluate((main) => {
    for (const [name, at] of [['status', 1], ['type', 1]] as const) {
      const select = main.querySelector<HTMLSelectElement>(`select[name=${name}]`)!;
      select.selectedIndex = at;
      select.dispatchEvent(new Event('change', { bubbles: true }));
    }
  });
  await expect(page).toHaveURL(/[?&]type=/);
  await expect(page).toHaveURL(/[?&]status=/);
  // What is taken back is not wanted any more.
  await page.goBack();
  await expect(page).not.toHaveURL(/[?&]type=/);
});

test('the pages of the list of imports', async ({ page, psql }) => {
  const tag = unique('batches');
  await psql.run(`INSERT INTO intake.import_batches (import_batch_id, file_name, importer, status, created_at)
    SELECT '${tag}-' || lpad(n::text, 3, '0'), '${tag}.csv', 'somebody', 'cancelled', now() - interval '10 years' - n * interval '1 hour' FROM generate_series(1, 120) n`);
  await open(page, '/imports');
  const seen: string[] = [];
  for (;;) {
    const names = await rows(page).locator('th').allTextContents();
    seen.push(...names);
    const older = page.getByRole('navigation', { name: 'Pages of batches' }).getByRole('link', { name: 'Older' });
    if ((await older.count()) === 0) break;
    await older.click();
    await expect(rows(page).locator('th').first()).not.toHaveText(names[0]);
  }
  expect(seen.filter((name) => name.startsWith(tag))).toHaveLength(120);
  expect(new Set(seen).size).toBe(seen.length);
  await survives(page, await rows(page).count());
  await page.getByRole('link', { name: 'Newest' }).click();
  await expect(page).toHaveURL(`${base()}/imports`);
});

test('the pages of the rows that an import did not accept', async ({ page, psql }) => {
  const tag = unique('rejects');
  await psql.run(`INSERT INTO intake.import_batches (import_batch_id, file_name, importer, status, total_rows, rejected, created_at)
    VALUES ('${tag}', '${tag}.csv', 'somebody', 'completed', 70, 70, now() - interval '9 years');
    INSERT INTO intake.import_rejects (import_batch_id, line, outcome, reason, fields)
    SELECT '${tag}', n, 'rejected', 'Not a website', '["a", "b"]' FROM generate_series(2, 71) n`);
  await open(page, `/imports/${tag}`);
  await expect(rows(page)).toHaveCount(50);
  await page.getByRole('navigation', { name: 'Pages of rows' }).getByRole('link', { name: 'Older' }).click();
  await expect(page).toHaveURL(`${base()}/imports/${tag}?after=51`);
  await expect(rows(page)).toHaveCount(20);
  await survives(page, 20);
});

test('the tab of the overview, beside the filter of the console', async ({ page, psql }) => {
  const type = unique('tabbed');
  await errors(psql, type, 1);
  await open(page, `/?e_type=${type}`);
  await page.getByRole('navigation', { name: 'Phase' }).getByRole('link', { name: 'Intelligence' }).click();
  await expect(page).toHaveURL(`${base()}/?e_type=${type}&tab=intelligence`);
  await page.reload();
  await live(page);
  await expect(page.getByRole('heading', { name: /^Sniper targets/ })).toBeVisible();
  await expect(page.locator('#console tbody tr')).toHaveCount(1);
  await page.locator('#console').getByRole('link', { name: 'n8n Live Errors' }).click();
  await expect(page).toHaveURL(/e_panel=n8n/);
  await expect(page.locator('#console')).toContainText('n8n is not configured');
  await page.goBack();
  await expect(page.locator('#console tbody tr')).toHaveCount(1);
  await page.getByRole('navigation', { name: 'Phase' }).getByRole('link', { name: 'Enrichment' }).click();
  await expect(page).toHaveURL(`${base()}/?e_type=${type}`);
});

test('the part of time that a list shows', async ({ page, psql, browser }) => {
  const tag = unique('times');
  await psql.run(`INSERT INTO intake.import_batches (import_batch_id, file_name, importer, status, created_at)
    SELECT '${tag}-' || n, '${tag}.csv', 'somebody', 'cancelled', at
    FROM unnest(ARRAY[now() - interval '2 hours', now() - interval '3 days', timestamptz '2019-05-07 23:59Z', '2019-05-08 00:00Z']) WITH ORDINALITY AS given (at, n)`);
  const main = page.locator('main');
  await open(page, `/imports?q=${tag}`);
  await expect(rows(page)).toHaveCount(4);
  await main.getByRole('button', { name: 'Started: any time' }).click();
  const menu = main.getByRole('region', { name: 'Started: the time' });
  await menu.getByRole('link', { name: 'Last 24 hours' }).click();
  await expect(page).toHaveURL(`${base()}/imports?q=${tag}&newer=24h`);
  await expect(menu).toBeHidden();
  await expect(rows(page)).toHaveCount(1);
  await survives(page, 1);

  // Days take the place of what was chosen before; the last one is part of it.
  await main.getByRole('button', { name: 'Started: last 24 hours' }).click();
  await menu.getByLabel('From').fill('2019-05-07');
  await expect(page).toHaveURL(`${base()}/imports?q=${tag}&from=2019-05-07`);
  await expect(rows(page)).toHaveCount(4);
  await menu.getByLabel('Until').fill('2019-05-07');
  await expect(rows(page)).toHaveCount(1);
  await expect(rows(page)).toContainText(`${tag}-3`);
  await page.goBack();
  await page.goBack();
  await expect(page).toHaveURL(`${base()}/imports?q=${tag}&newer=24h`);

  // What cannot be read is said, and filters nothing.
  await page.goto(`${base()}/imports?q=${tag}&newer=soon`);
  await expect(main.getByRole('alert')).toContainText('“soon”');
  await expect(rows(page)).toHaveCount(4);

  // The fields are forms, which need no script.
  const plain = await browser.newContext({ storageState: Server.shared().sessionFile('viewer'), javaScriptEnabled: false });
  const theirs = await plain.newPage();
  await theirs.goto(`${base()}/imports?q=${tag}`);
  const shown = theirs.locator('main');
  await shown.getByRole('button', { name: 'Started: any time' }).click();
  await shown.getByLabel('From').fill('2019-05-08');
  await shown.getByLabel('Until').fill('2019-05-08');
  await shown.getByRole('region', { name: 'Started: the time' }).getByRole('button', { name: 'Show' }).click();
  await expect(theirs).toHaveURL(`${base()}/imports?q=${tag}&from=2019-05-08&until=2019-05-08`);
  await expect(shown.locator('tbody tr')).toHaveCount(1);
  await shown.getByRole('combobox', { name: 'State' }).selectOption('failed');
  await shown.locator('form', { has: theirs.getByRole('combobox', { name: 'State' }) }).getByRole('button', { name: 'Show' }).click();
  await expect(theirs).toHaveURL(/status=failed/);
  await expect(shown).toContainText('No import matches');
  await plain.close();
});

test('errors of a time, in the console and by cause', async ({ page, psql }) => {
  const type = unique('timed');
  await psql.run(`INSERT INTO marketing.pipeline_errors (event_type, record_id, error_message, severity, created_at)
    VALUES ('${type}', 'r1', 'Broken early', 'error', '2019-05-07 12:00Z'), ('${type}', 'r2', 'Broken early', 'error', '2019-05-09 12:00Z'),
           ('${type}', 'r3', 'Broken of late', 'error', now())`);
  const console = page.locator('#console');
  await open(page, `/errors?type=${type}&e_type=${type}`);
  await expect(rows(page)).toHaveCount(2);
  await console.getByRole('button', { name: 'Time: any time' }).click();
  await console.getByRole('link', { name: 'Last hour' }).click();
  await expect(console.locator('tbody tr')).toHaveCount(1);
  await expect(console.locator('tbody tr')).toContainText('r3');
  await console.getByRole('link', { name: 'Remove the filter time last hour' }).click();
  await expect(console.locator('tbody tr')).toHaveCount(3);
  // A cause was seen in a time when it came before its end and once more after its beginning.
  await open(page, `/errors?type=${type}&from=2019-05-08&until=2019-05-08`);
  await expect(rows(page)).toHaveCount(1);
  await expect(rows(page)).toContainText('Broken early');
  await page.goto(`${base()}/errors?type=${type}&e_type=${type}&e_newer=never`);
  await expect(console.getByRole('alert')).toContainText('“never”');
  await expect(console.getByRole('button', { name: /^Resolve all/ })).toHaveCount(0);
});
