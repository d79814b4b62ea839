// Retrying failed events from the error console, and what the errors then say.
import type { Page } from '@playwright/test';
import { errors, failures, settled } from './data';
import { expect, open, test, unique } from './people';

test.use({ as: 'operator' });
test.setTimeout(120_000);

const rows = (page: Page) => page.locator('#console tbody tr');

test('one error is retried, and says what became of it', { tag: '@firefox' }, async ({ page, psql }) => {
  const tag = unique('retry');
  const [id] = await settled(psql, tag, 1);
  await failures(psql, tag, [id]);
  await open(page, `/?e_q=${tag}&e_resolved=any`);
  await rows(page).getByRole('button', { name: `Retry company_created for record ${id}` }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText(`Runs WF_Validate_Company once more for company_created for record ${id}`);
  await dialog.getByRole('button', { name: 'Retry', exact: true }).click();
  await expect(dialog).toContainText('1 of 1 processed. Done.');
  await dialog.getByRole('button', { name: 'Close' }).last().click();
  await expect(rows(page).locator('[data-label="Since then"]')).toHaveText(/^retried \d\d:\d\d → processed, resolved$/);
  await expect(rows(page).getByRole('button', { name: /^Retry/ })).toHaveCount(0);
  await rows(page).getByRole('button', { name: /^Details of/ }).click();
  await expect(dialog).toContainText('(by operator)');
  await expect(dialog).toContainText(/by\s+operator\s*: /);
});

test('all that match are retried at once, with their number said first', { tag: '@firefox' }, async ({ page, psql }) => {
  const tag = unique('bulkretry');
  const ids = await settled(psql, tag, 7);
  await failures(psql, tag, ids);
  // Has no event: it is counted among the errors, and not among what can be retried.
  await errors(psql, tag, 1);
  await open(page, `/?e_q=${tag}`);
  await page.getByRole('button', { name: 'Retry all 8…' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('7 of 8 have a failed event and will be queued again.');
  await dialog.getByRole('button', { name: 'Retry 7' }).click();
  await expect(dialog).toContainText('7 of 7 processed. Done.', { timeout: 30_000 });
  await dialog.getByRole('button', { name: 'Close' }).last().click();
  // What a retry has settled is resolved with it, and so leaves the list of what is open.
  await expect(rows(page)).toHaveCount(1);
  await page.locator('#console').getByRole('combobox', { name: 'State' }).selectOption('any');
  await expect(rows(page).filter({ hasText: '→ processed, resolved' })).toHaveCount(7);
  expect(await psql.number(`SELECT count(*) FROM marketing.pipeline_events WHERE batch_id = '${tag}' AND event_type = 'company_created' AND status = 'failed'`)).toBe(0);
});

test('errors without an event can be resolved, not retried', async ({ page, psql }) => {
  const type = unique('eventless');
  await errors(psql, type, 2);
  await open(page, `/?e_type=${type}`);
  await expect(rows(page)).toHaveCount(2);
  await expect(rows(page).getByRole('button', { name: /^Retry/ })).toHaveCount(0);
  await expect(rows(page).getByRole('button', { name: /^Resolve/ })).toHaveCount(2);
});
