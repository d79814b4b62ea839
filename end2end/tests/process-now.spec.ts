// "Process now" for a record, a batch and everything that waits: says what it touches, asks, and follows it to the end.
import { companies, failures, imported, settled } from './data';
import { expect, open, test, unique } from './people';

test.use({ as: 'operator' });
test.setTimeout(120_000);

test('one record, from the page of its company', async ({ page, psql }) => {
  const tag = unique('record');
  const [id] = await settled(psql, tag, 1);
  await open(page, `/companies/${id}`);
  await page.getByRole('button', { name: `Validate… (Validate, ${tag} 1)` }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByRole('heading')).toHaveText('Process now: Validate');
  await expect(dialog).toContainText(`Runs WF_Validate_Company for ${tag} 1 ahead of everything else in the queue.`);
  await expect(dialog).toContainText('Nothing waits for it; it will be run once more.');
  await dialog.getByRole('button', { name: 'Process now' }).click();
  await expect(dialog.getByRole('progressbar')).toBeVisible();
  await expect(dialog).toContainText('1 of 1 processed. Done.', { timeout: 30_000 });
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await expect(page.getByRole('listitem').filter({ hasText: 'company_created' })).toHaveCount(2);
  expect(await psql.number(`SELECT count(*) FROM marketing.company_master WHERE source_record_id = '${id}'`)).toBe(1);
});

test('a slot is enriched again from the page of its company', async ({ page, psql }) => {
  const tag = unique('slot');
  const [id] = await settled(psql, tag, 1);
  // As if nobody had been found: whoever was found stays, and is not asked for again.
  await psql.run(`UPDATE marketing.contact_enrichment SET enrichment_status = 'failed' WHERE company_slot_unique_id IN (
    SELECT company_slot_unique_id FROM marketing.company_slots JOIN marketing.company_master USING (company_unique_id)
    WHERE source_record_id = '${id}')`);
  await open(page, `/companies/${id}`);
  await page.getByRole('button', { name: /^Enrich now… \(Enrich, CEO\)/ }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('Runs WF_Enrich_Contacts for CEO');
  await dialog.getByRole('button', { name: 'Process now' }).click();
  await expect(dialog).toContainText('Done.', { timeout: 30_000 });
});

test('one batch, from the page of its import', async ({ page, psql }) => {
  const tag = unique('batch');
  await open(page, '/imports');
  const batch = await imported(page, `${tag}.csv`, companies(tag, 4));
  const ids = await psql.run(`SELECT id FROM intake.company_raw_intake WHERE import_batch_id = '${batch}' AND website IS NOT NULL`);
  await failures(psql, tag, ids, batch);

  await page.getByRole('button', { name: /^Process now… \(Validate, batch/ }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText(`for batch ${batch} ahead of everything else`);
  await expect(dialog).toContainText(/4 (failed events to be tried again|failed to be tried again)\./);
  await dialog.getByRole('button', { name: 'Process now' }).click();
  await expect(dialog).toContainText(/(\d) of \1 processed\. Done\./, { timeout: 30_000 });
  expect(await psql.number(`SELECT count(*) FROM marketing.pipeline_events WHERE batch_id = '${batch}' AND event_type = 'company_created'
    AND status = 'failed'`)).toBe(0);
});

test('everything that waits in a stage, from the overview', async ({ page, psql }) => {
  const tag = unique('waiting');
  const ids = await settled(psql, tag, 3);
  await psql.run(
    `INSERT INTO marketing.pipeline_events (event_type, payload, batch_id, next_attempt_at)
     SELECT 'company_created', jsonb_build_object('record_id', id), '${tag}', now() + interval '1 day' FROM unnest(ARRAY[${ids}]) id`,
  );
  await open(page, '/');
  await page.getByRole('button', { name: 'Process now… (Validate, everything that waits)' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('for everything that waits ahead of everything else');
  await expect(dialog.locator('.figure-line')).toHaveText(/^[3-9]\d* events waiting/);
  await dialog.getByRole('button', { name: 'Process now' }).click();
  await expect(dialog).toContainText(/processed.*Done\./, { timeout: 60_000 });
  expect(await psql.number(`SELECT count(*) FROM marketing.pipeline_events WHERE batch_id = '${tag}' AND event_type = 'company_created' AND status = 'pending'`)).toBe(0);
});

test('where nothing waits it says so and offers nothing', async ({ page, psql }) => {
  const idle = async () => psql.number("SELECT count(*) FROM marketing.pipeline_events WHERE event_type = 'company_promoted' AND status IN ('pending', 'failed')");
  await expect.poll(idle, { timeout: 30_000 }).toBe(0);
  await open(page, '/');
  await page.getByRole('button', { name: 'Process now… (Slots, everything that waits)' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('Nothing waits and nothing has failed here.');
  await expect(dialog.getByRole('button', { name: 'Process now' })).toBeDisabled();
});
