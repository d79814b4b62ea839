// The overview: what happens now beside what a day came to, held still on demand, taken away as files and on paper.
import type { Page } from '@playwright/test';
import { downloaded, errors, settled } from './data';
import { base, expect, open, test, unique } from './people';

const vital = (page: Page, name: string) => page.locator(`.vitals [data-figure=${name}]`);
const figure = (page: Page, phase: string, name: string) => page.locator(`[data-phase=${phase}] [data-figure=${name}]`);

test('each figure leads to a list of as many', async ({ page, psql }) => {
  await settled(psql, unique('vital'), 3);
  await expect(async () => {
    await open(page, '/');
    await expect(vital(page, 'active-stages')).toHaveText(/^\d of 5$/);
    const recent = (await vital(page, 'events-5m').textContent())!;
    await vital(page, 'events-5m').getByRole('link').click();
    await expect(page).toHaveURL(/\/events\?newer=5m/);
    // Counting stops at 10,000 for both.
    await expect(page.locator('.list-count')).toContainText(recent.replace('+', ''));
  }).toPass({ timeout: 30_000 });
  await page.goBack();
  const unresolved = await psql.number('SELECT count(*) FROM marketing.pipeline_errors WHERE NOT resolved');
  expect(unresolved).toBeGreaterThanOrEqual(0);
  await errors(psql, unique('vital'), 1);
  await expect.poll(async () => Number((await vital(page, 'unresolved').textContent())!.replaceAll(',', ''))).toBeGreaterThan(unresolved);
});

test('cards tell the change against the day before', async ({ page, psql }) => {
  const workflow = unique('WF_Message');
  await psql.run(`INSERT INTO marketing.workflow_stats (workflow_name, status, duration_seconds, created_at)
    SELECT '${workflow}', CASE WHEN n > 8 THEN 'error' ELSE 'ok' END, 2, now() - interval '30 hours' FROM generate_series(1, 10) n;
    INSERT INTO marketing.workflow_stats (workflow_name, status, duration_seconds)
    SELECT '${workflow}', 'ok', 1 FROM generate_series(1, 25) n`);
  await open(page, '/');
  await expect(figure(page, 'messaging', 'total-runs')).toHaveText('25');
  const changes = page.locator('[data-phase=messaging] .change');
  await expect(changes.nth(0)).toContainText('+150 %, 10 in the 24 hours before');
  await expect(changes.nth(1)).toContainText('−20.0 pp, 20 % in the 24 hours before');
  await expect(changes.nth(1)).toHaveClass(/better/);
  await expect(changes.nth(2)).toContainText('−50 %, 2 s in the 24 hours before');
  await psql.run(`DELETE FROM marketing.workflow_stats WHERE workflow_name = '${workflow}'`);
});

test('figures are held still, and catch up afterwards', async ({ page, psql }) => {
  await open(page, '/');
  const imported = page.locator('[data-stage=import] [data-figure=done]');
  const before = Number((await imported.textContent())!.replaceAll(',', ''));
  const pause = page.getByRole('button', { name: 'Pause updates' });
  await pause.click();
  await expect(pause).toHaveAttribute('aria-pressed', 'true');
  await settled(psql, unique('held'), 2);
  await expect(page.locator('.held')).toHaveText('Paused, newer data waits');
  expect(Number((await imported.textContent())!.replaceAll(',', ''))).toBe(before);
  // A person who asks for it gets it, and the page rests again.
  await page.getByRole('button', { name: 'Refresh' }).click();
  await expect.poll(async () => Number((await imported.textContent())!.replaceAll(',', ''))).toBeGreaterThanOrEqual(before + 2);
  await expect(page.locator('.held')).toContainText('Paused');
  const now = Number((await imported.textContent())!.replaceAll(',', ''));
  await settled(psql, unique('held'), 1);
  await pause.click();
  await expect.poll(async () => Number((await imported.textContent())!.replaceAll(',', ''))).toBeGreaterThan(now);
  await expect(page.locator('.held')).toHaveText('');
});

test('a list is taken away with its filter in the name and above the columns', async ({ page, psql }) => {
  const tag = unique('taken');
  await settled(psql, tag, 60);
  await open(page, `/events?batch=${tag}&type=company_created`);
  await expect(page.locator('.list-count')).toContainText('60 events');
  const events = await downloaded(page.locator('header.top'), 'Export');
  expect(events.name).toMatch(new RegExp(`^pipeline_events_batch-${tag.slice(0, 24)}_type-company_created_\\d{8}_\\d{6}\\.csv$`));
  expect(events.comment).toMatch(new RegExp(`^# pipeline_events as of .*Z: filter batch=${tag}&type=company_created$`));
  expect(events.rows).toHaveLength(61);
  for (const path of ['/companies', '/contacts', '/imports', '/errors', '/dead-letters', '/runs', '/actions', '/stages', '/schedules', '/workers', '/audit']) {
    await open(page, path);
    const file = await downloaded(page.locator('header.top'), 'Export');
    expect.soft(file.comment, path).toMatch(/: everything$/);
    expect.soft(new Set(file.rows.map((row) => row.length)).size, path).toBe(1);
  }
});

test('a report fits on paper, and on nothing but paper', async ({ page, psql }) => {
  const tag = unique('printed');
  // Digits are no part of a cause. So many are among the most frequent, whatever other tests left.
  const cause = `The printer of ${tag.replace(/\d/g, '')} is on fire`;
  await psql.run(`INSERT INTO marketing.pipeline_errors (event_type, record_id, error_message, severity)
    SELECT 'company_validated', '${tag}', '${cause}', 'critical' FROM generate_series(1, 400)`);
  await open(page, '/');
  await page.getByRole('link', { name: 'Report' }).click();
  await expect(page).toHaveURL(`${base()}/reports/enrichment`);
  await expect(page.getByRole('region', { name: 'Top errors', exact: true })).toContainText(cause);
  for (const step of ['Imported', 'Validate', 'Verify']) await expect(page.getByRole('row', { name: new RegExp(step) })).toBeVisible();
  await expect(page.locator('.chart svg').first()).toBeAttached();
  await page.emulateMedia({ media: 'print' });
  await expect(page.getByRole('heading', { name: 'Enrichment report' })).toBeVisible();
  for (const hidden of ['.rail', '#console', '.refreshing', 'header .actions']) await expect(page.locator(hidden)).toBeHidden();
  for (const format of ['A4', 'Letter'] as const) {
    const pdf = (await page.pdf({ format })).toString('latin1');
    const sheets = pdf.match(/\/Type \/Page\b(?!s)/g)!.length;
    expect(sheets, format).toBeLessThanOrEqual(3);
  }
  await page.emulateMedia({ media: 'screen' });
  await page.getByRole('navigation', { name: 'Reports' }).getByRole('link', { name: 'Delivery' }).click();
  await expect(page.getByRole('heading', { name: 'Delivery report' })).toBeVisible();
  await expect(page.locator('main')).toContainText('No error of this phase is unresolved.');
  await psql.run(`DELETE FROM marketing.pipeline_errors WHERE record_id = '${tag}'`);
});

test('a report has the runs and the causes of its phase, and what is of no phase is on each', async ({ page, psql }) => {
  const tag = unique('unpaid');
  const word = tag.replace(/\d/g, '');
  const tidying = unique('Tidying');
  await psql.run(`INSERT INTO marketing.pipeline_errors (event_type, record_id, error_message)
    SELECT 'message_sent', '${tag}', 'A mail of ${word} was lost by ' || chr(96 + cause)
    FROM generate_series(1, 12) cause, generate_series(1, cause);
    INSERT INTO marketing.pipeline_errors (event_type, record_id, error_message)
    SELECT '${tag}', '${tag}', 'Nobody expects this' FROM generate_series(1, 400);
    INSERT INTO marketing.workflow_stats (workflow_name, status, duration_seconds)
    SELECT '${unique('WF_Message')}', status, 1 FROM unnest(ARRAY['ok', 'ok', 'ok', 'error', 'error', 'timeout']) status;
    INSERT INTO marketing.workflow_stats (workflow_name, status, duration_seconds) VALUES ('${tidying}', 'ok', 1)`);
  await open(page, '/reports/messaging');
  const top = page.getByRole('region', { name: 'Top errors', exact: true });
  await expect(top.getByRole('row')).toHaveCount(11);
  const first = top.getByRole('row').nth(1);
  await expect(first).toContainText(`A mail of ${word} was lost by l`);
  await expect(first).toContainText('message_sent');
  await expect(first.getByRole('cell').nth(0)).toHaveText('open');
  await expect(first.getByRole('cell').nth(1)).toHaveText('12');
  await expect(page.locator('main')).toContainText('And 2 more causes with 3 unresolved errors');
  await expect(page.locator('main')).not.toContainText('No error of this phase is unresolved.');
  await expect(page.getByRole('img', { name: /^Runs of this phase/ }).locator('svg:visible')).toHaveCount(1);
  await page.getByText('The figures as a table').click();
  const runs = page.getByRole('region', { name: 'Runs of this phase', exact: true });
  await expect(runs.getByRole('row')).toHaveCount(26);
  await expect(runs.getByRole('row', { name: / 3 2 1$/ })).toHaveCount(1);
  for (const phase of ['Enrichment', 'Intelligence', 'Delivery', 'Messaging']) {
    await page.getByRole('navigation', { name: 'Reports' }).getByRole('link', { name: phase }).click();
    await expect(page.getByRole('heading', { name: `${phase} report` })).toBeVisible();
    await expect(page.getByRole('region', { name: 'Errors of other event types' })).toContainText(tag);
    await expect(page.getByRole('region', { name: 'Other workflows' })).toContainText(tidying);
    if (phase === 'Intelligence' || phase === 'Delivery') {
      await expect(page.locator('main')).toContainText('no run of this phase ended');
      await expect(page.locator('main .chart')).toHaveCount(0);
    }
  }
  await top.getByRole('link', { name: `A mail of ${word} was lost by l` }).click();
  await expect(page).toHaveURL(/\/errors\/[0-9a-f]{16}$/);
  await expect(page.locator('main')).toContainText('message_sent');
  await psql.run(`DELETE FROM marketing.pipeline_errors WHERE record_id = '${tag}';
    DELETE FROM marketing.workflow_stats WHERE workflow_name = '${tidying}' OR workflow_name LIKE 'WF_Message%'`);
});

test('each file of the site is fetched once, its preload included', { tag: '@firefox' }, async ({ page }) => {
  await open(page, '/');
  const names = await page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname));
  const files = names.filter((name) => /^\/(pkg|fonts)\//.test(name)).map((name) => name.split('.').at(-1));
  expect(files.toSorted()).toEqual(['css', 'js', 'wasm', 'woff2']);
});
