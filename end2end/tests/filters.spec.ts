// Every list keeps its filter in the URL, where a reload, a bookmark and Back find it.
import type { Page } from '@playwright/test';
import { errors, settled } from './data';
import { base, expect, live, open, test, unique } from './people';

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
