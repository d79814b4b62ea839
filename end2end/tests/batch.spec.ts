// How far a batch is: each stage's figures lead to the list that they count, and the end is estimated or said not to be.
import type { Page } from '@playwright/test';
import { failures, settled } from './data';
import { expect, open, test, unique } from './people';

test.use({ as: 'operator' });

const eta = (page: Page) => page.locator('main [data-figure=eta]');
const figure = (page: Page, stage: string, status: string) => page.locator(`main tr[data-stage=${stage}] [data-figure=${status}]`);

async function batchOf(psql: Parameters<typeof settled>[0], tag: string, companies: number): Promise<void> {
  const ids = await settled(psql, tag, companies);
  await psql.run(`INSERT INTO intake.import_batches (import_batch_id, importer, status, accepted) VALUES ('${tag}', 'test', 'completed', ${companies})
    ON CONFLICT (import_batch_id) DO UPDATE SET status = 'completed', accepted = ${companies}`);
  await failures(psql, tag, ids.slice(0, 2));
}

test('each figure of a stage leads to a list of as many', async ({ page, psql }) => {
  const tag = unique('stages');
  await batchOf(psql, tag, 5);
  await open(page, `/imports/${tag}`);
  await expect(figure(page, 'validate', 'processed')).toHaveText('5');
  await expect(figure(page, 'validate', 'failed')).toHaveText('2');
  await expect(figure(page, 'promote', 'processed')).toHaveText('5');
  await expect(figure(page, 'enrich', 'processed')).not.toHaveText('0');
  await expect(page.getByRole('img', { name: /^Validate: 71\.4 % done of 7 so far expected$/ })).toBeVisible();
  for (const [stage, status] of [['validate', 'processed'], ['validate', 'failed'], ['promote', 'processed']]) {
    await open(page, `/imports/${tag}`);
    const shown = await figure(page, stage, status).textContent();
    await figure(page, stage, status).click();
    await expect(page).toHaveURL(/\/events\?/);
    await expect(page.locator('main .list-count')).toHaveText(`${shown} events`);
  }
});

test('the figures follow what happens, and the end says why it is not known', async ({ page, psql }) => {
  const tag = unique('follows');
  await batchOf(psql, tag, 3);
  await open(page, `/imports/${tag}`);
  await expect(figure(page, 'validate', 'pending')).toHaveText('0');
  await psql.run(`INSERT INTO marketing.pipeline_events (event_type, payload, batch_id, next_attempt_at)
    SELECT 'company_created', jsonb_build_object('record_id', 'none'), '${tag}', now() + interval '1 day' FROM generate_series(1, 4)`);
  await expect(figure(page, 'validate', 'pending')).toHaveText('4');
  await page.getByRole('button', { name: `Pause batch ${tag}` }).click();
  const dialog = page.locator('dialog[open]');
  await dialog.getByLabel('Reason').fill('to see the estimate');
  await dialog.getByRole('button', { name: 'Pause', exact: true }).click();
  await expect(eta(page)).toHaveText('Paused');
  await expect(page.locator('main .batch-end')).toContainText('no estimate until the batch is resumed');
  await page.locator('main').getByRole('button', { name: `Resume batch ${tag}` }).click();
  await dialog.getByRole('button', { name: 'Resume', exact: true }).click();
  await expect(eta(page)).not.toHaveText('Paused');
  await psql.run(`UPDATE marketing.pipeline_events SET status = 'cancelled', processed_at = now() WHERE batch_id = '${tag}' AND status = 'pending'`);
  // Nobody notifies of that: the page reads again every 30 seconds.
  await expect(figure(page, 'validate', 'pending')).toHaveText('0', { timeout: 40_000 });
});
