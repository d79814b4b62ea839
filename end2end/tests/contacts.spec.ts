// The list of contacts: everybody who was looked for, found or not, and the ways to it and from it.
import type { Page } from '@playwright/test';
import { downloaded } from './data';
import { base, expect, live, open, test, unique } from './people';
import type { Psql } from './psql';

const rows = (page: Page) => page.locator('main tbody tr');
const search = (page: Page) => page.getByRole('searchbox', { name: 'Name, e-mail, company' });
const select = (page: Page, name: string) => page.locator('main').getByRole('combobox', { name });

/** A company with 55 contacts, of which no stage is told; returns its Barton ID. One is valid, one invalid, one was not found. */
async function people(psql: Psql, tag: string): Promise<string> {
  const digits = String(Date.now()).slice(-8);
  const place = `${digits.slice(0, 5)}.${digits.slice(5)}`;
  const company = `04.04.01.97.${place}`;
  await psql.run(`BEGIN;
    INSERT INTO marketing.company_master (company_unique_id, company_name, website_url, source_system, import_batch_id)
    VALUES ('${company}', '${tag} Works', 'https://${tag}.example', 'test', '${tag}');
    INSERT INTO marketing.company_slots (company_slot_unique_id, company_unique_id, slot_type, slot_label)
    SELECT '04.04.05.' || n + 9 || '.${place}', '${company}', 'executive', coalesce((ARRAY['CEO', 'CFO', 'HR Director'])[n], 'Role ' || n)
    FROM generate_series(1, 55) n;
    INSERT INTO marketing.contact_enrichment (company_slot_unique_id, full_name, title, email, enrichment_status, enrichment_source, enrichment_data, email_status)
    SELECT '04.04.05.' || n + 9 || '.${place}', CASE WHEN n <> 3 THEN 'Ada ' || n || ' ${tag}' END, 'Chief', CASE WHEN n < 3 THEN 'ada' || n || '@${tag}.example' END,
           CASE n WHEN 3 THEN 'failed' ELSE 'completed' END, 'by hand', CASE n WHEN 3 THEN '{"reason": "not_found"}'::jsonb END,
           CASE n WHEN 1 THEN 'valid' WHEN 2 THEN 'invalid' END
    FROM generate_series(1, 55) n;
    DELETE FROM marketing.pipeline_events WHERE batch_id = '${tag}';
    COMMIT`);
  return company;
}

test('contacts are searched for, filtered, paged and taken away', async ({ page, psql }) => {
  const tag = unique('people');
  await people(psql, tag);
  await open(page, '/contacts');
  await search(page).fill(tag);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(`${base()}/contacts?q=${tag}`);
  await expect(page.locator('.list-count')).toHaveText('55 contacts');
  await expect(rows(page)).toHaveCount(50);
  const pages = page.getByRole('navigation', { name: 'Pages of contacts' });
  await pages.getByRole('link', { name: 'Older' }).click();
  await expect(rows(page)).toHaveCount(5);
  await expect(pages.getByRole('link', { name: 'Older' })).toHaveCount(0);

  // A new filter begins with its first page.
  await select(page, 'E-mail').selectOption('invalid');
  await expect(page).toHaveURL(`${base()}/contacts?q=${tag}&email=invalid`);
  await expect(rows(page)).toHaveCount(1);
  await expect(rows(page)).toContainText(`ada2@${tag}.example`);
  const file = page.locator('header.top').getByRole('link', { name: 'Export', exact: true });
  await expect(file).toHaveAttribute('href', `/export/contacts.csv?q=${tag}&email=invalid`);
  const { name, comment, rows: lines } = await downloaded(page.locator('header.top'), 'Export');
  expect(name).toMatch(new RegExp(`^contacts_q-${tag.slice(0, 24)}_email-invalid_\\d{8}_\\d{6}\\.csv$`));
  expect(comment).toMatch(new RegExp(`: filter q=${tag}&email=invalid$`));
  expect(lines).toHaveLength(2);
  expect(lines[1]).toContain(`Ada 2 ${tag}`);

  await page.reload();
  await live(page);
  await expect(rows(page)).toHaveCount(1);
  await expect(select(page, 'E-mail')).toHaveValue('invalid');
  await select(page, 'E-mail').selectOption('');
  await expect(rows(page)).toHaveCount(50);
  await select(page, 'Role').selectOption('CEO');
  await expect(rows(page)).toHaveCount(1);
  await expect(rows(page)).toContainText(`Ada 1 ${tag}`);
  await select(page, 'Role').selectOption('');
  await expect(rows(page)).toHaveCount(50);
  await select(page, 'Enrichment').selectOption('failed');
  await expect(rows(page)).toHaveCount(1);
  await expect(rows(page)).toContainText('nobody found: the provider knows nobody');

  await page.goto(`${base()}/contacts?batch=${tag}&email=none`);
  await live(page);
  await expect(page.locator('.list-count')).toHaveText('53 contacts');
  await expect(select(page, 'Batch')).toHaveValue(tag);
  await search(page).fill(`${tag} is nobody`);
  await page.keyboard.press('Enter');
  await expect(page.locator('main')).toContainText('No contact matches');
  await page.getByRole('link', { name: 'Show all contacts' }).click();
  await expect(page).toHaveURL(`${base()}/contacts`);
  await expect(search(page)).toHaveValue('');
});

test('a contact leads to its company, and the company back to its contacts', async ({ page, psql }) => {
  const tag = unique('ways');
  const company = await people(psql, tag);
  await open(page, `/contacts?q=Ada 1 ${tag}`);
  await rows(page).getByRole('link', { name: `${tag} Works` }).click();
  await expect(page).toHaveURL(`${base()}/companies/${company}`);
  await expect(page.getByRole('heading', { level: 2, name: `${tag} Works` })).toBeVisible();
  await page.getByRole('link', { name: 'In the list of contacts' }).click();
  await expect(page).toHaveURL(`${base()}/contacts?company=${company}`);
  await expect(page.locator('.list-count')).toHaveText('55 contacts');
  await select(page, 'E-mail').selectOption('valid');
  await expect(rows(page)).toHaveCount(1);
  await rows(page).getByRole('link', { name: `Ada 1 ${tag}` }).click();
  await expect(page).toHaveURL(`${base()}/companies/${company}#people`);
  await page.goBack();
  await page.getByRole('link', { name: 'Remove the filter' }).click();
  await expect(page).toHaveURL(`${base()}/contacts?email=valid`);
});

test('a verdict that comes in changes the row', async ({ page, psql }) => {
  const tag = unique('verdict');
  await people(psql, tag);
  await open(page, `/contacts?q=ada1@${tag}`);
  await expect(rows(page).locator('[data-label=State]')).toHaveText('valid');
  await psql.run(`INSERT INTO marketing.email_verification (enrichment_id, email, verification_status, verification_service, verified_at)
    SELECT id, email, 'risky', 'somebody', now() FROM marketing.contact_enrichment WHERE email = 'ada1@${tag}.example'`);
  await expect(rows(page).locator('[data-label=State]')).toHaveText('risky');
  await expect(rows(page).locator('[data-label=State] span[title]')).toHaveAttribute('title', /UTC, by somebody$/);
});

test('the people of the overview are these contacts', async ({ page }) => {
  await open(page, '/');
  const found = page.locator('[data-stage=enrich] [data-figure=done]');
  await found.click();
  await expect(page).toHaveURL(`${base()}/contacts?status=completed`);
  await expect(select(page, 'Enrichment')).toHaveValue('completed');
});

test.describe('a viewer', () => {
  test.use({ as: 'viewer' });

  test('sees the list and is not offered to take it away', async ({ page }) => {
    await open(page, '/contacts');
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Contacts');
    await expect(page.locator('header.top').getByRole('link', { name: 'Export' })).toHaveCount(0);
  });
});

test('what failed for chosen contacts is retried', async ({ page, psql }) => {
  const tag = unique('chosen');
  await people(psql, tag);
  await psql.run(`INSERT INTO marketing.pipeline_events (event_type, payload, status, error_message, batch_id)
    SELECT 'contact_enriched', jsonb_build_object('record_id', id, 'enrichment_id', id, 'email', email), 'failed', 'Outage of ${tag}', '${tag}'
    FROM marketing.contact_enrichment WHERE email LIKE '%@${tag}.example'`);
  await open(page, `/contacts?q=${tag}&status=completed`);
  await expect(page.locator('[data-selection]')).toContainText('all 54 contacts that match');
  await open(page, `/contacts?q=${tag}&email=valid`);
  await page.getByRole('checkbox', { name: `Choose Ada 1 ${tag}, CEO`, exact: true }).check();
  await page.getByRole('button', { name: 'Retry: the chosen contact' }).click();
  const dialog = page.locator('dialog[open]');
  await dialog.getByRole('button', { name: 'Retry', exact: true }).click();
  await expect(dialog).toContainText('Done: 1 of 1');
  expect(await psql.number(`SELECT count(*) FROM marketing.pipeline_events WHERE error_message = 'Outage of ${tag}' AND status = 'failed'`)).toBe(1);
});
