// Messages of what one did: said once, there for a while, with the way to take it back.
import type { Locator, Page } from '@playwright/test';
import { errors } from './data';
import { expect, open, test, unique } from './people';

test.use({ as: 'operator' });

const rows = (page: Page): Locator => page.locator('#console tbody tr');
const messages = (page: Page): Locator => page.getByRole('region', { name: 'Messages' }).locator('.toast');
const dialog = (page: Page) => page.locator('dialog[open]');

async function resolve(page: Page, type: string, record: string, note = ''): Promise<void> {
  await page.getByRole('button', { name: `Resolve ${type} for record ${record}`, exact: true }).click();
  await dialog(page).getByRole('textbox').fill(note);
  await dialog(page).getByRole('button', { name: 'Resolve', exact: true }).click();
  await expect(dialog(page)).toHaveCount(0);
}

test('a resolved error is opened again by Undo, and the log has both', async ({ page, psql }) => {
  const type = unique('undone');
  await errors(psql, type, 2);
  await open(page, `/imports?e_type=${type}`);
  await resolve(page, type, 'r001', 'too soon');
  await expect(rows(page)).toHaveCount(1);
  await expect(messages(page)).toHaveText(new RegExp(`Resolved ${type} for record r001`));
  // Said once: by the one live region, and not by the message as well.
  await expect(page.getByRole('status').filter({ hasText: `Resolved ${type}` })).toHaveCount(1);
  await expect(messages(page).locator('[role=status], [role=alert], [aria-live]')).toHaveCount(0);

  await page.keyboard.press('u');
  await expect(messages(page).getByRole('button', { name: 'Undo' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(rows(page)).toHaveCount(2);
  await expect(rows(page).first()).toBeVisible();
  await expect(messages(page)).toHaveText(new RegExp(`${type} for record r001 is open again`));
  expect(await psql.number(`SELECT count(*) FROM marketing.pipeline_errors WHERE event_type = '${type}' AND NOT resolved AND resolution_notes IS NULL`)).toBe(2);
  const [id] = await psql.run(`SELECT id FROM marketing.pipeline_errors WHERE event_type = '${type}' AND record_id = 'r001'`);
  expect(await psql.run(`SELECT action, before ->> 'note' FROM marketing.audit_log WHERE target_kind = 'error' AND target = '${id}' ORDER BY id`)).toEqual(['error.resolve|', 'error.reopen|too soon']);
});

test('a resolution of many is undone for exactly those that it resolved', async ({ page, psql }) => {
  const type = unique('manyundone');
  await errors(psql, type, 6);
  await psql.run(`UPDATE marketing.pipeline_errors SET resolved = TRUE, resolved_at = now(), resolved_by = 'n8n' WHERE event_type = '${type}' AND record_id = 'r001'`);
  const resolvedBy = () => psql.run(`SELECT coalesce(resolved_by, 'open'), count(*) FROM marketing.pipeline_errors WHERE event_type = '${type}' GROUP BY 1 ORDER BY 1`);
  await open(page, `/imports?e_type=${type}`);
  await page.getByRole('button', { name: 'Resolve all 5…' }).click();
  await dialog(page).getByRole('button', { name: 'Resolve 5', exact: true }).click();
  await expect(messages(page)).toContainText('Resolved 5 errors');
  expect(await resolvedBy()).toEqual(['n8n|1', 'operator|5']);
  await messages(page).getByRole('button', { name: 'Undo' }).click();
  await expect(messages(page)).toContainText('Open again: 5 errors');
  await expect(rows(page)).toHaveCount(5);
  expect(await resolvedBy()).toEqual(['n8n|1', 'open|5']);
});

test('a retry says its end when its dialog is closed, and can be undone while nothing has moved on', async ({ page, psql }) => {
  const tag = unique('retrytoast');
  // Nothing takes this batch: what is retried stays where the retry put it.
  await psql.run(`INSERT INTO marketing.batch_pauses (batch_id, reason, paused_by) VALUES ('${tag}', 'a test', 'operator')`);
  await psql.run(`WITH failed AS (
      INSERT INTO marketing.pipeline_events (event_type, payload, status, error_message, retry_count, batch_id, processed_at)
      SELECT 'company_created', jsonb_build_object('record_id', '${tag}-' || n), 'failed', 'Outage of ${tag}', 3, '${tag}', now() FROM generate_series(1, 3) n
      RETURNING id)
    INSERT INTO marketing.pipeline_errors (event_type, record_id, error_message, event_id) SELECT 'company_created', id, 'Outage of ${tag}', id FROM failed`);
  const failed = () => psql.number(`SELECT count(*) FROM marketing.pipeline_events WHERE batch_id = '${tag}' AND status = 'failed'`);
  await open(page, `/imports?e_q=${tag}`);
  await page.getByRole('button', { name: 'Retry all 3…' }).click();
  await dialog(page).getByRole('button', { name: 'Retry 3' }).click();
  await expect(dialog(page).getByRole('progressbar')).toBeVisible();
  await expect(messages(page)).toHaveCount(0);
  await dialog(page).getByRole('button', { name: 'Close' }).last().click();
  await expect(messages(page)).toContainText('Retried 3 events');
  expect(await failed()).toBe(0);
  await messages(page).getByRole('button', { name: 'Undo' }).click();
  await expect(messages(page).filter({ hasText: 'Put 3 events back as they were' })).toHaveCount(1);
  expect(await failed()).toBe(3);
  await psql.run(`DELETE FROM marketing.batch_pauses WHERE batch_id = '${tag}'`);
});

test('a row goes at once, and comes back with the reason when the server refuses', async ({ page, psql }) => {
  const type = unique('refused');
  await errors(psql, type, 2);
  await open(page, `/imports?e_type=${type}`);
  let answer: () => void = () => {};
  const held = new Promise<void>((done) => (answer = done));
  await page.route('**/api/fn/resolve_errors', async (route) => {
    await held;
    const problem = { kind: 'failed', title: 'It broke', detail: 'Try later.' };
    await route.fulfill({ status: 500, contentType: 'application/json', body: JSON.stringify(problem) });
  });
  const row = rows(page).filter({ hasText: 'r001' });
  await resolve(page, type, 'r001', 'not lost');
  await expect(row).toBeHidden();
  await expect(messages(page)).toHaveCount(0);
  answer();
  await expect(row).toBeVisible();
  await expect(messages(page)).toContainText(`${type} for record r001 is not resolved: It broke`);
  await page.unroute('**/api/fn/resolve_errors');
  await messages(page).getByRole('button', { name: 'Try again' }).click();
  await expect(dialog(page).getByRole('textbox')).toHaveValue('not lost');
  await dialog(page).getByRole('button', { name: 'Resolve', exact: true }).click();
  await expect(row).toHaveCount(0);
  expect(await psql.number(`SELECT count(*) FROM marketing.pipeline_errors WHERE event_type = '${type}' AND resolution_notes = 'not lost'`)).toBe(1);
});

test('three are shown at most; they stay while somebody is there, and Escape in a dialog leaves them', async ({ page, psql }) => {
  const type = unique('many');
  await errors(psql, type, 5);
  await open(page, `/imports?e_type=${type}`);
  for (const record of ['r001', 'r002', 'r003', 'r004']) await resolve(page, type, record);
  await expect(messages(page)).toHaveCount(3);
  await messages(page).first().hover();

  await page.getByRole('button', { name: `Details of ${type} for record r005` }).focus();
  await page.keyboard.press('Enter');
  await expect(dialog(page)).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(dialog(page)).toHaveCount(0);
  await expect(messages(page)).toHaveCount(3);

  await messages(page).first().hover();
  const last = await messages(page).last().textContent();
  await page.waitForTimeout(9_500);
  await expect(messages(page)).toHaveCount(3);
  await messages(page).first().getByRole('button', { name: 'Close the message' }).click();
  await expect(messages(page)).toHaveCount(3);
  await expect(messages(page).nth(1)).toHaveText(last!);
  // Escape where the message itself has the focus closes that one.
  await messages(page).first().getByRole('button', { name: 'Undo' }).focus();
  await page.keyboard.press('Escape');
  await expect(messages(page)).toHaveCount(2);
  await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe('console');
  await page.mouse.move(5, 5);
  await expect(messages(page)).toHaveCount(0, { timeout: 12_000 });
});

test('a bulk action that ends after its dialog was closed says so, and is undone', async ({ page, psql }) => {
  const tag = unique('later');
  await psql.run(`INSERT INTO marketing.pipeline_events (event_type, payload, status, error_message, retry_count, batch_id)
    SELECT '${tag}', jsonb_build_object('record_id', n), 'failed', 'Broken', 3, '${tag}' FROM generate_series(1, 3500) n`);
  const cancelled = () => psql.number(`SELECT count(*) FROM marketing.pipeline_events WHERE batch_id = '${tag}' AND status = 'cancelled'`);
  await open(page, `/events?batch=${tag}&status=failed`);
  // The answer of the start is late: the dialog is gone by then, however fast the server is.
  let started: () => void = () => {};
  const closed = new Promise<void>((done) => (started = done));
  await page.route('**/api/fn/start_action', async (route) => {
    const answer = await route.fetch();
    await closed;
    await route.fulfill({ response: answer });
  });
  await page.getByRole('button', { name: /^Cancel: all 3,500/ }).click();
  await dialog(page).getByRole('button', { name: 'Cancel: 3,500 events' }).click();
  await page.keyboard.press('Escape');
  await expect(dialog(page)).toHaveCount(0);
  started();
  const said = messages(page).filter({ hasText: 'Cancelled 3,500 events' });
  await expect(said).toHaveCount(1, { timeout: 30_000 });
  expect(await cancelled()).toBe(3_500);
  await expect(said.getByRole('link', { name: 'Show' })).toHaveAttribute('href', /^\/actions\/\d+/);
  await said.getByRole('button', { name: 'Undo' }).click();
  await expect(messages(page).filter({ hasText: 'Put 3,500 events back as they were' })).toHaveCount(1, { timeout: 30_000 });
  expect(await cancelled()).toBe(0);
});
