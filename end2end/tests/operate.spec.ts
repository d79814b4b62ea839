// What operators steer the queue with: events, dead letters, bulk actions, pauses, settings, schedules, workers, the log.
import type { Page } from '@playwright/test';
import { failures, settled } from './data';
import { base, expect, open, test, unique } from './people';
import { Server } from './server';

test.use({ as: 'admin' });

const dialog = (page: Page) => page.locator('dialog[open]');
const close = (page: Page) => dialog(page).getByRole('button', { name: 'Close', exact: true }).last().click();
const rows = (page: Page) => page.locator('main tbody tr');

/** So many failed events of a batch of their own, with their ids. */
async function failed(psql: Parameters<typeof settled>[0], tag: string, count: number): Promise<string[]> {
  await failures(psql, tag, await settled(psql, tag, count));
  return psql.run(`SELECT id FROM marketing.pipeline_events WHERE batch_id = '${tag}' AND status = 'failed' ORDER BY id`);
}

test.afterEach(async ({ psql }) => {
  await psql.run(`UPDATE marketing.stage_settings SET paused = FALSE, paused_at = NULL WHERE paused;
    DELETE FROM marketing.batch_pauses; UPDATE marketing.pipeline_events SET next_attempt_at = now() WHERE next_attempt_at = 'infinity' AND status = 'pending'`);
});

test('an event tells where it came from, what was tried, what it wrote and what it made', async ({ page, psql }) => {
  const tag = unique('told');
  const [record] = await settled(psql, tag, 1);
  await open(page, `/events?record=${record}&type=company_created`);
  await rows(page).first().getByRole('link', { name: 'company_created' }).click();
  await expect(page).toHaveURL(/\/events\/\d+$/);
  const main = page.locator('main');
  await expect(main).toContainText('intake.company_raw_intake, trigger trigger_company_raw_intake_event');
  await expect(page.getByRole('region', { name: 'Attempts' }).getByRole('row')).toHaveCount(2);
  await expect(page.getByRole('region', { name: 'Attempts' })).toContainText('WF_Validate_Company');
  await expect(page.getByRole('region', { name: 'Rows that it is about' })).toContainText('written by this event');
  await page.getByRole('region', { name: 'Events that it made' }).getByRole('link', { name: /company_validated$/ }).click();
  await expect(page.getByRole('heading', { level: 2, name: /company_validated/ })).toBeVisible();
  await main.locator('.facts > div').filter({ hasText: 'Caused by' }).getByRole('link').click();
  await expect(page.getByRole('heading', { level: 2, name: /company_created/ })).toBeVisible();
  await open(page, '/events/none');
  await expect(main).toContainText('Not found: event none');
});

test('the chain of a record reads from the import to the last effect', async ({ page, psql }) => {
  const tag = unique('chain');
  const [record] = await settled(psql, tag, 1);
  await open(page, `/companies/${record}`);
  await page.getByRole('link', { name: /^Lineage/ }).last().click();
  const nodes = page.locator('.lineage .node');
  await expect(page.locator('.lineage [aria-current]')).toContainText(`${tag} 1`);
  await expect(nodes.filter({ hasText: 'company_created' })).toHaveCount(1);
  await expect(nodes.filter({ hasText: 'slots_created' })).toHaveCount(3);
  // What was made of a record stands below it and further to the right.
  const left = async (text: string) => (await nodes.filter({ hasText: text }).first().boundingBox())!.x;
  expect(await left('company_validated')).toBeGreaterThan(await left('company_created'));
  await nodes.filter({ hasText: 'company_promoted' }).getByRole('link', { name: /^Start from/ }).click();
  await expect(page.locator('.lineage [aria-current]')).toContainText('company_promoted');
  await expect(page.locator('.path')).toContainText('company_created');
  await open(page, '/lineage?of=nonsense');
  await expect(page.locator('main')).toContainText('names no record');
});

test('events are found by text, age, attempts and a value of the payload', async ({ page, psql }) => {
  const tag = unique('found');
  await psql.run(`INSERT INTO marketing.pipeline_events (event_type, payload, status, error_message, retry_count, batch_id, created_at)
    SELECT '${tag}', jsonb_build_object('record_id', n, 'company_name', '${tag} ' || n, 'offer', jsonb_build_object('level', n)), 'failed', 'Broken ' || n, n,
           '${tag}', now() - n * interval '2 hours' FROM generate_series(1, 4) n`);
  const found = async (query: string) => {
    await open(page, `/events?batch=${tag}&${query}`);
    await expect(page.locator('main')).not.toContainText('Loading…');
    return rows(page).count();
  };
  expect(await found('')).toBe(4);
  expect(await found('q=Broken+3')).toBe(1);
  expect(await found(`payload=${encodeURIComponent('offer.level = 2')}`)).toBe(1);
  expect(await found('newer=1h')).toBe(0);
  expect(await found('older=1h&newer=1d')).toBe(4);
  await expect(page.locator('.list-count')).toHaveText('4 events');
  await open(page, `/events?batch=${tag}`);
  await page.getByText('More filters').click();
  await page.getByRole('searchbox', { name: 'Payload' }).fill(`company_name = ${tag} 4`);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/payload=/);
  await expect(rows(page)).toHaveCount(1);
  // Back takes the filter off again.
  await page.goBack();
  await expect(rows(page)).toHaveCount(4);
  // A filter that cannot be read is said to be none, and nothing is done to all of a list that is wider than was meant.
  for (const [query, said] of [['payload=nothing', 'names no value'], ['status=faild', '“faild”']]) {
    await open(page, `/events?${query}`);
    await expect(page.locator('main .problem')).toContainText(said);
    await expect(page.locator('[data-selection]')).toHaveCount(0);
  }
  await open(page, `/events?batch=${tag}&payload=offer.level+%3D+2&payload=company_name+%3D+x`);
  await expect(page.locator('main')).toContainText('No event matches');
  await page.getByRole('link', { name: 'Remove the filter payload offer.level = 2' }).click();
  await expect(page).not.toHaveURL(/level/);
});

test('all that match are retried with preview, progress and a place in the list of actions', async ({ page, psql }) => {
  const tag = unique('many');
  await failed(psql, tag, 7);
  await open(page, `/events?batch=${tag}&status=failed`);
  await expect(rows(page)).toHaveCount(7);
  await expect(page.locator('[data-selection]')).toContainText('all 7 events that match');
  await page.getByRole('button', { name: /^Retry: all 7/ }).click();
  await expect(dialog(page)).toContainText('7 events would be touched. It can be undone');
  await expect(dialog(page).locator('.samples-of li')).toHaveCount(6);
  await dialog(page).getByLabel(/^Reason/).fill('the outage is over');
  await dialog(page).getByRole('button', { name: 'Retry: 7 events' }).click();
  await expect(dialog(page)).toContainText('Done: 7 of 7');
  await dialog(page).getByRole('link', { name: 'Show the action' }).click();
  await expect(page).toHaveURL(/\/actions\/\d+$/);
  // Also when it is opened by its address.
  await page.reload();
  await expect(page.locator('main')).toContainText('the outage is over');
  await open(page, '/actions?kind=retry');
  await expect(rows(page).first()).toContainText('the outage is over');
  await expect.poll(() => psql.number(`SELECT count(*) FROM marketing.pipeline_events WHERE batch_id = '${tag}' AND status = 'failed'`)).toBe(0);
});

test('chosen events are cancelled, and the action is undone', async ({ page, psql }) => {
  const tag = unique('undo');
  const ids = await failed(psql, tag, 3);
  await open(page, `/events?batch=${tag}&status=failed`);
  await page.getByRole('checkbox', { name: `Choose event ${ids[0]}` }).check();
  await page.getByRole('checkbox', { name: `Choose event ${ids[1]}` }).check();
  await page.getByRole('button', { name: /^Cancel: the 2 chosen/ }).click();
  await dialog(page).getByRole('button', { name: 'Cancel: 2 events' }).click();
  await expect(dialog(page)).toContainText('Done: 2 of 2');
  const state = (id: string) => psql.run(`SELECT status FROM marketing.pipeline_events WHERE id = ${id}`);
  expect(await Promise.all([state(ids[0])])).toEqual([['cancelled']]);
  await dialog(page).getByRole('button', { name: 'Undo' }).click();
  await expect(dialog(page).locator('.progress')).toContainText(/Undo.*Done: 2 of 2/);
  await close(page);
  expect(await state(ids[0])).toEqual(['failed']);
  expect(await state(ids[2])).toEqual(['failed']);
});

test('an event is queued again with another payload, and the old one is kept', async ({ page, psql }) => {
  const tag = unique('requeue');
  const [id] = await failed(psql, tag, 1);
  await open(page, `/events/${id}`);
  await page.getByRole('button', { name: `Requeue: event ${id}` }).click();
  const payload = dialog(page).getByRole('textbox', { name: /^Payload/ });
  const before = JSON.parse(await payload.inputValue());
  await payload.fill('{ no json');
  await dialog(page).getByRole('button', { name: 'Requeue', exact: true }).click();
  await expect(dialog(page)).toContainText('This is no payload');
  await payload.fill(JSON.stringify({ ...before, note: tag }));
  await dialog(page).getByRole('button', { name: 'Requeue', exact: true }).click();
  await expect(dialog(page)).toContainText('Done: 1 of 1');
  await close(page);
  await expect(page.locator('main')).toContainText('Repeated by');
  expect(await psql.number(`SELECT count(*) FROM marketing.pipeline_events WHERE repeats_id = ${id} AND payload ->> 'note' = '${tag}'`)).toBe(1);
  expect(await psql.run(`SELECT payload ? 'note' FROM marketing.pipeline_events WHERE id = ${id}`)).toEqual(['f']);
});

test('a record is replayed from a stage on, after a dry run that says what will happen', async ({ page, psql }) => {
  test.setTimeout(120_000);
  await psql.run(`UPDATE marketing.stage_settings SET attempts = 8, backoff_base_ms = 50, backoff_cap_ms = 200 WHERE stage IN ('enrich', 'verify')`);
  // The sandbox fails some companies for ever, and others for a few attempts: the first one that gets through.
  let tag = '';
  let record = '';
  const inState = (states: string) => psql.number(`SELECT count(*) FROM marketing.pipeline_events WHERE batch_id = '${tag}' AND status IN (${states})`);
  do {
    tag = unique('again');
    [record] = await settled(psql, tag, 1);
    await expect.poll(() => inState(`'pending', 'processing'`), { timeout: 30_000 }).toBe(0);
  } while ((await inState(`'failed'`)) > 0);
  await open(page, `/companies/${record}`);
  await page.getByRole('button', { name: `Replay ${tag} 1` }).click();
  await expect(dialog(page)).toContainText('from Validate on');
  await dialog(page).getByLabel('Again from').selectOption('slots');
  await expect(dialog(page)).toContainText('from Slots on');
  await expect(dialog(page).getByRole('region', { name: 'What becomes of its rows' })).toContainText('marketing.company_slots');
  await dialog(page).getByLabel('Reason').fill('the roles changed');
  await dialog(page).getByRole('button', { name: 'Replay', exact: true }).click();
  await expect(dialog(page)).toContainText('from Slots on');
  await expect(dialog(page).locator('[data-action=done]')).toBeVisible({ timeout: 45_000 });
  await close(page);
  expect(await psql.number(`SELECT count(*) FROM marketing.pipeline_events WHERE batch_id = '${tag}' AND event_type = 'company_promoted' AND repeats_id IS NOT NULL`)).toBe(1);
  await psql.run(`UPDATE marketing.stage_settings SET attempts = NULL, backoff_base_ms = NULL, backoff_cap_ms = NULL WHERE stage IN ('enrich', 'verify')`);
});

test('dead letters say why, and are retried or purged', async ({ page, psql }) => {
  const tag = unique('dead');
  const ids = await failed(psql, tag, 3);
  await open(page, `/events?batch=${tag}&status=failed`);
  await page.getByRole('button', { name: /^Move to dead letters: all 3/ }).click();
  await dialog(page).getByLabel(/^Reason/).fill(`given up ${tag}`);
  await dialog(page).getByRole('button', { name: 'Move to dead letters: 3 events' }).click();
  await expect(dialog(page)).toContainText('Done: 3 of 3');
  await close(page);
  await open(page, `/dead-letters?batch=${tag}`);
  await expect(rows(page)).toHaveCount(3);
  await expect(rows(page).first()).toContainText('a person moved it');
  await page.getByRole('checkbox', { name: `Choose event ${ids[0]}` }).check();
  await page.getByRole('button', { name: 'Purge: the chosen event' }).click();
  await expect(dialog(page)).toContainText('It cannot be undone.');
  await dialog(page).getByRole('button', { name: 'Purge', exact: true }).click();
  await expect(dialog(page)).toContainText('Done: 1 of 1');
  await close(page);
  await expect(rows(page)).toHaveCount(2);
  await page.getByRole('button', { name: /^Retry: all 2/ }).click();
  await dialog(page).getByRole('button', { name: 'Retry: 2 events' }).click();
  await expect(dialog(page)).toContainText('Done: 2 of 2');
  await close(page);
  await expect(page.locator('main')).toContainText('No dead letter matches');
  expect(await psql.number(`SELECT count(*) FROM marketing.pipeline_events WHERE id = ${ids[0]}`)).toBe(0);
});

test('a call of unknown outcome waits for the word of a person', async ({ page, psql }) => {
  const tag = unique('unknown');
  const [id] = await psql.run(`INSERT INTO marketing.pipeline_events (event_type, payload, status, error_message, batch_id)
    VALUES ('${tag}', '{"record_id": "1"}', 'failed', 'No answer', '${tag}') RETURNING id`);
  await psql.run(`INSERT INTO marketing.external_calls (idempotency_key, event_id, stage, state, worker_id, attempt) VALUES ('${tag}', ${id}, 'verify', 'unknown', 'w', 1);
    INSERT INTO marketing.dead_letters (event_id, kind, reason, moved_by) VALUES (${id}, 'unknown_outcome', 'No answer', 'system')`);
  await open(page, `/events/${id}`);
  await expect(page.locator('main')).toContainText('Nobody knows whether the call happened');
  await page.getByRole('button', { name: /^The call did not happen/ }).click();
  await dialog(page).getByRole('button', { name: 'The call did not happen' }).click();
  await expect(dialog(page)).toHaveCount(0);
  expect(await psql.run(`SELECT state FROM marketing.external_calls WHERE idempotency_key = '${tag}'`)).toEqual(['failed']);
});

test('a paused stage says so on every page until it is resumed', async ({ page, psql, browser }) => {
  await open(page, '/stages');
  await page.getByRole('button', { name: 'Pause Verify' }).click();
  const confirm = dialog(page).getByRole('button', { name: 'Pause', exact: true });
  await confirm.click();
  // Without a reason nothing happens.
  await expect(dialog(page)).toBeVisible();
  await dialog(page).getByLabel('Reason').fill('the quota is used up');
  await confirm.click();
  await expect(dialog(page)).toHaveCount(0);
  await expect(page.locator('[data-stage=verify]')).toContainText('paused');
  for (const path of ['/', '/events', '/companies', '/imports']) {
    await open(page, path);
    await expect(page.locator('.paused')).toContainText('Verify is paused: the quota is used up (admin');
  }
  const viewer = await browser.newContext({ storageState: Server.shared().sessionFile('viewer') });
  const theirs = await viewer.newPage();
  await open(theirs, '/');
  await expect(theirs.locator('.paused')).toContainText('the quota is used up');
  await expect(theirs.locator('.paused').getByRole('button')).toHaveCount(0);
  await page.getByRole('button', { name: 'Resume Verify' }).click();
  await dialog(page).getByRole('button', { name: 'Resume', exact: true }).click();
  // The other browser hears of it by itself.
  await expect(theirs.locator('.paused')).toHaveCount(0);
  await expect(page.locator('.paused')).toHaveCount(0);
  expect(await psql.run(`SELECT action FROM marketing.audit_log WHERE target = 'verify' ORDER BY id DESC LIMIT 2`)).toEqual(['stage.resume', 'stage.pause']);
  await viewer.close();
});

test('a batch is paused from its page', async ({ page, psql }) => {
  const tag = unique('halt');
  await settled(psql, tag, 1);
  await psql.run(`INSERT INTO intake.import_batches (import_batch_id, importer, status, accepted) VALUES ('${tag}', 'test', 'completed', 1)
    ON CONFLICT (import_batch_id) DO UPDATE SET status = 'completed', accepted = 1`);
  await open(page, `/imports/${tag}`);
  await page.getByRole('button', { name: `Pause batch ${tag}` }).click();
  await dialog(page).getByLabel('Reason').fill('the wrong file');
  await dialog(page).getByRole('button', { name: 'Pause', exact: true }).click();
  await expect(page.locator('.paused')).toContainText(`Batch ${tag} is paused: the wrong file`);
  await open(page, '/stages');
  await expect(page.getByRole('region', { name: 'Paused batches' })).toContainText(tag);
  await page.getByRole('region', { name: 'Paused batches' }).getByRole('button', { name: `Resume batch ${tag}` }).click();
  await dialog(page).getByRole('button', { name: 'Resume', exact: true }).click();
  await expect(page.locator('main')).toContainText('None. A batch is paused from its own page.');
});

test('the settings of a stage are checked, hold at once and stand in the log', async ({ page, psql }) => {
  await open(page, '/stages');
  const enrich = page.locator('[data-stage=enrich]');
  await enrich.getByRole('button', { name: 'Settings of Enrich' }).click();
  const attempts = dialog(page).getByLabel('Attempts, 1 to 100');
  await expect(attempts).toHaveAttribute('placeholder', '3');
  await attempts.fill('0');
  await dialog(page).getByRole('button', { name: 'Set', exact: true }).click();
  await expect(dialog(page)).toContainText('The number of attempts is 0, but must be 1 to 100.');
  await attempts.fill('4');
  await dialog(page).getByRole('button', { name: 'Set', exact: true }).click();
  await expect(dialog(page)).toHaveCount(0);
  await expect(enrich.locator('.set')).toHaveText('4');
  await open(page, '/audit?action=stage.');
  await expect(rows(page).first()).toContainText('stage.settings');
  await rows(page).first().getByText('Show').click();
  await expect(rows(page).first()).toContainText('"attempts": 4');
  await psql.run(`UPDATE marketing.stage_settings SET attempts = NULL WHERE stage = 'enrich'`);
});

test('a schedule is run, paused, and given other times', async ({ page, psql }) => {
  await open(page, '/schedules');
  const row = rows(page).filter({ hasText: 'Delete old runs of schedules' });
  await row.getByRole('button', { name: /^Run now/ }).click();
  await dialog(page).getByRole('button', { name: 'Run now', exact: true }).click();
  await expect(dialog(page)).toHaveCount(0);
  await expect.poll(() => psql.number(`SELECT count(*) FROM marketing.schedule_runs WHERE status = 'ok' AND triggered_by = 'admin'`)).toBeGreaterThan(0);
  await page.reload();
  await expect(row).toContainText('ok');
  await row.getByRole('link').click();
  await expect(page.getByRole('region', { name: 'Runs' })).toContainText('admin');
  await row.getByRole('button', { name: /^Pause/ }).click();
  await dialog(page).getByLabel('Reason').fill('for a while');
  await dialog(page).getByRole('button', { name: 'Pause', exact: true }).click();
  await expect(row).toContainText('for a while');
  const state = page.locator('main').getByLabel('State');
  await state.selectOption('paused');
  await expect(page).toHaveURL(/[?&]state=paused/);
  const all = page.getByRole('region', { name: 'Schedules', exact: true }).locator('tbody tr');
  await expect(all).toHaveCount(1);
  await expect(row).toBeVisible();
  await page.goBack();
  await expect(state).toHaveValue('');
  await expect(all).not.toHaveCount(1);
  await row.getByRole('button', { name: /^Resume/ }).click();
  await dialog(page).getByRole('button', { name: 'Resume', exact: true }).click();
  await expect(row).not.toContainText('for a while');
  await row.getByRole('button', { name: /^Change when/ }).click();
  const cron = dialog(page).getByLabel(/^Minute, hour/);
  const before = await cron.inputValue();
  await cron.fill('61 * * * *');
  await expect(dialog(page).locator('.problem').first()).toBeVisible();
  await cron.fill('15 5 * * *');
  await expect(dialog(page).locator('ol li')).toHaveCount(5);
  await expect(dialog(page).locator('ol li').first()).toContainText('05:15:00');
  await dialog(page).getByRole('button', { name: 'Change', exact: true }).click();
  await expect(row).toContainText('15 5 * * *');
  await psql.run(`UPDATE marketing.schedules SET cron = '${before}' WHERE cron = '15 5 * * *'`);
});

test('workers are listed with what they hold', async ({ page }) => {
  await open(page, '/workers');
  await expect(rows(page)).toHaveCount(1);
  await expect(rows(page)).toContainText('alive');
  await rows(page).getByRole('link').click();
  await expect(page).toHaveURL(/\/events\?worker=/);
  await expect(rows(page).first()).toBeVisible();
});

test('the audit log is filtered and exported alike, and only for admins', async ({ page, psql, browser }) => {
  const tag = unique('audited');
  await psql.run(`INSERT INTO marketing.audit_log (at, actor, actor_id, origin, action, target_kind, target)
    SELECT timestamptz '2020-01-01 12:00Z' + n * interval '1 day', '${tag}', 0, 'test', 'event.retry', 'event', n::text FROM generate_series(0, 2) n`);
  await open(page, `/audit?actor=${tag}`);
  await expect(rows(page)).toHaveCount(3);
  const main = page.locator('main');
  await main.getByRole('button', { name: 'Time: any time' }).click();
  await main.getByLabel('From').fill('2020-01-02');
  await expect(page).toHaveURL(/from=2020-01-02/);
  await main.getByLabel('Until').fill('2020-01-02');
  await expect(main.getByRole('button', { name: 'Time: 2 Jan 2020' })).toBeVisible();
  await expect(rows(page)).toHaveCount(1);
  const href = await page.getByRole('link', { name: 'Export' }).first().getAttribute('href');
  const csv = await (await page.request.get(base() + href)).text();
  expect(csv.trim().split('\n'), 'the filter, the columns and one entry').toHaveLength(3);
  const operator = await browser.newContext({ storageState: Server.shared().sessionFile('operator') });
  const theirs = await operator.newPage();
  expect((await theirs.goto(`${base()}/audit`))!.status()).toBe(403);
  await expect(theirs.locator('body')).toContainText('Your role does not include');
  await open(theirs, '/stages');
  await expect(theirs.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Audit log' })).toHaveCount(0);
  await operator.close();
});
