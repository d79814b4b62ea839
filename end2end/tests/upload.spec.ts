// Files on their way in: cancelled, mapped, sent twice, and taken out again as a report.
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { once } from 'node:events';
import { createWriteStream, readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { companies, downloaded, imported, upload } from './data';
import { base, expect, live, open, test, unique } from './people';
import { Server } from './server';

test.use({ as: 'operator' });

/** A CSV of at least so many megabytes. */
async function large(path: string, megabytes: number): Promise<void> {
  const file = createWriteStream(path);
  file.write('Company,Website\n');
  const piece = 'A company with a rather long name,https://long-name.example\n'.repeat(17_000);
  for (let written = 0; written < megabytes * 1_000_000; written += piece.length) {
    if (!file.write(piece)) await once(file, 'drain');
  }
  file.end();
  await once(file, 'close');
}

/** Files that the server keeps of uploads. */
const kept = () => readdirSync(join(Server.shared().folder, 'uploads'));

/** Chooses a file that is on its way for long, and waits until its first part has arrived. The answer lifts the limit and removes the file. */
async function sending(page: Page, path: string, megabytes: number, bytesPerSecond: number): Promise<() => Promise<void>> {
  await large(path, megabytes);
  const before = kept().length;
  const network = await page.context().newCDPSession(page);
  await network.send('Network.enable');
  await network.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: bytesPerSecond });
  await page.locator('input[type=file]').setInputFiles(path);
  await expect(page.locator('.progress').filter({ hasText: basename(path) })).toContainText(/: [\d.]+ MB of \d+\.\d MB/, { timeout: 30_000 });
  await expect.poll(() => kept().length).toBe(before + 1);
  return async () => {
    await network.send('Network.disable');
    rmSync(path);
  };
}

test('an upload that is cancelled leaves nothing', async ({ page, psql }, info) => {
  test.setTimeout(120_000);
  await open(page, '/imports');
  const before = { files: kept(), batches: await psql.number('SELECT count(*) FROM intake.import_batches') };
  const release = await sending(page, info.outputPath(`${unique('cancelled')}.csv`), 200, 4_000_000);

  await page.locator('.progress').getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByRole('progressbar', { name: 'Upload' })).toBeHidden();
  await expect(page).toHaveURL(`${base()}/imports`);
  await expect.poll(kept, { timeout: 30_000 }).toEqual(before.files);
  expect(await psql.number('SELECT count(*) FROM intake.import_batches')).toBe(before.batches);

  // The zone takes the next file at once.
  await release();
  await upload(page, 'after.csv', companies(unique('after'), 1));
});

test('a cancelled upload is said to be cancelled', async ({ page }, info) => {
  await open(page, '/imports');
  const release = await sending(page, info.outputPath('said.csv'), 60, 2_000_000);
  await page.locator('.progress').getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByRole('status').filter({ hasText: /cancelled/i })).toHaveCount(1);
  await release();
});

test('an upload that ends while one is on another page does not take one away from it', async ({ page, psql }, info) => {
  await open(page, '/imports');
  const release = await sending(page, info.outputPath('left.csv'), 20, 4_000_000);
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Companies' }).click();
  await expect(page).toHaveURL(`${base()}/companies`);
  const waiting = "SELECT count(*) FROM intake.import_batches WHERE file_name = 'left.csv' AND status = 'uploaded'";
  await expect.poll(async () => (await psql.number(waiting)) === 1 || (await page.getByRole('status').filter({ hasText: /cancelled/i }).count()) === 1, { timeout: 30_000 }).toBe(true);
  await expect(page).toHaveURL(`${base()}/companies`);
  await release();
});

for (const [width, height] of [[360, 740], [1440, 1000]]) {
  test(`the mapping page is usable and accessible at ${width} px`, async ({ page }) => {
    await page.setViewportSize({ width, height });
    const tag = unique('mapped');
    await open(page, '/imports');
    const header = 'Company,Website,Industry,Employees,City,State,Country,Phone,A column with quite a long name';
    await upload(page, `${tag}.csv`, Buffer.from(`${header}\n${tag},${tag}.example,Foods,12,Austin,TX,US,555-0100,${'long '.repeat(30)}\n`));
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target).join(' ')}`)).toEqual([]);

    const column = (name: string) => page.getByRole('combobox', { name: `Column ${name} goes to` });
    await expect(column('Employees')).toHaveValue('num_employees');
    await column('Website').selectOption('');
    await expect(page.getByText('No column gives the website: every row will be rejected by validation.')).toBeVisible();
    await column('Website').selectOption('website');
    await expect(page.getByText('every row will be rejected')).toHaveCount(0);
    await page.getByRole('button', { name: 'Import', exact: true }).click();
    await expect(page.locator('main .badge').first()).toHaveText('completed', { timeout: 30_000 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
  });
}

test('a field takes one column: a second one is refused until one of them is freed', async ({ page, psql }) => {
  const tag = unique('twice');
  await open(page, '/imports');
  const batch = await upload(page, `${tag}.csv`, Buffer.from(`Company,Trading name,Website\nOld ${tag},New ${tag},${tag}.example\n`));
  const column = (name: string) => page.getByRole('combobox', { name: `Column ${name} goes to` });
  const start = page.getByRole('button', { name: 'Import', exact: true });
  await column('Trading name').selectOption('company');
  await expect(page.locator('main')).toContainText('2 columns go to company: "Company" and "Trading name". Choose one of them');
  await expect(start).toBeDisabled();
  await column('Company').selectOption('');
  await start.click();
  await expect(page.locator('main .badge').first()).toHaveText('completed');
  expect(await psql.run(`SELECT company FROM intake.company_raw_intake WHERE import_batch_id = '${batch}'`)).toEqual([`New ${tag}`]);
});

test('the same file a second time adds nothing and says so', async ({ page, psql }) => {
  const tag = unique('again');
  const content = companies(tag, 3);
  await open(page, '/imports');
  const first = await imported(page, `${tag}.csv`, content);
  await open(page, '/imports');
  const second = await imported(page, `${tag} renamed.csv`, content);
  expect(second).not.toBe(first);
  await expect(page.locator('main')).toContainText(`Already imported as ${first}; nothing was added`);
  expect(await psql.number(`SELECT count(*) FROM intake.company_raw_intake WHERE import_batch_id = '${second}'`)).toBe(0);
  expect(await psql.number(`SELECT count(*) FROM intake.company_raw_intake WHERE import_batch_id = '${first}'`)).toBe(4);
});

test('a file can be discarded before it is imported', async ({ page }) => {
  const tag = unique('discarded');
  await open(page, '/imports');
  const batch = await upload(page, `${tag}.csv`, companies(tag, 2));
  await page.getByRole('button', { name: `Discard ${tag}.csv` }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('is deleted. Nothing of it was imported.');
  await dialog.getByRole('button', { name: 'Cancel', exact: true }).click();
  await expect(page.locator('main .badge').first()).toHaveText('needs mapping');
  await page.getByRole('button', { name: `Discard ${tag}.csv` }).click();
  await dialog.getByRole('button', { name: 'Discard', exact: true }).click();
  await expect(page.locator('.toast')).toContainText(`${tag}.csv is discarded`);
  await expect(page.locator('main .badge').first()).toHaveText('cancelled');
  await expect(page.getByRole('button', { name: 'Import', exact: true })).toHaveCount(0);
  await open(page, '/imports');
  await expect(page.locator('main tbody tr').filter({ hasText: batch })).toContainText('cancelled');
});

test('files that cannot be imported are refused with what to do', async ({ page }) => {
  await open(page, '/imports');
  await page.locator('input[type=file]').setInputFiles({ name: 'empty.csv', mimeType: 'text/csv', buffer: Buffer.alloc(0) });
  await expect(page.getByRole('alert')).toContainText('empty.csv is empty; choose a CSV file with rows');
  await page.locator('input[type=file]').setInputFiles({ name: 'right.csv', mimeType: 'text/csv', buffer: companies(unique('right'), 1) });
  await expect(page).toHaveURL(/\/imports\/\d+-right-/);
});

test('downloads are well-formed CSV that no spreadsheet takes for formulas', async ({ page }) => {
  const tag = unique('formula');
  await open(page, '/imports');
  const rows = [
    ['Company', 'Website', '=cmd|header'],
    ['=1+1', `${tag}-1.example`, '@SUM(A1)'],
    [`+${tag}`, `${tag}-1.example`, 'duplicate'],
    [`-${tag} "quoted", Inc`, `${tag}-2.example`, '\tTab'],
    [`${tag} in lines`, `${tag}-3.example`, 'one\ntwo'],
    ['', '', '=HYPERLINK("https://elsewhere.example")'],
  ];
  const text = rows.map((row) => row.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(',')).join('\r\n');
  await imported(page, `${tag}.csv`, Buffer.from(text));

  const report = await downloaded(page.locator('main'), 'Report of every row');
  expect(report.name).toMatch(new RegExp(`^import_\\d+-${tag}-\\w+\\.csv$`));
  expect(report.rows[0].slice(0, 3)).toEqual(['line', 'outcome', 'reason']);
  expect(report.rows.filter((row) => row[0] !== 'line')).toHaveLength(5);
  expect(new Set(report.rows.map((row) => row.length)).size, 'all rows are as wide as the header').toBe(1);
  expect(report.rows.flat().filter((cell) => /^[=+\-@\t\r]/.test(cell))).toEqual([]);
  expect(report.rows.flat()).toEqual(expect.arrayContaining(["'=1+1", `'-${tag} "quoted", Inc`, 'one\ntwo']));

  const refused = await downloaded(page.locator('main'), 'Refused rows');
  expect(refused.name).toMatch(new RegExp(`^refused_\\d+-${tag}-\\w+\\.csv$`));
  expect(refused.rows.slice(1)).toEqual(report.rows.filter((row) => row[1] === 'duplicate' || row[1] === 'rejected'));
  expect(refused.rows.length).toBeGreaterThan(2);

  await page.goto(`${base()}/`);
  await live(page);
  const phases = await downloaded(page.locator('header.top'), 'Export');
  expect(phases.name).toMatch(/^phase_stats_\d{8}_\d{6}\.csv$/);
  expect(phases.rows[0]).toEqual(expect.arrayContaining(['phase', 'total_runs', 'errors', 'error_rate', 'avg_duration']));
  for (const phase of ['enrichment', 'intelligence', 'messaging', 'delivery']) {
    expect(phases.rows.flat()).toContain(phase);
  }
  expect(new Set(phases.rows.map((row) => row.length)).size).toBe(1);
});

test('line numbers are those of the file', async ({ page }) => {
  const tag = unique('lines');
  const rows = ['Company,Website', `${tag} a,${tag}-a.example`, `${tag} b,${tag}-b.example`, `${tag} c,${tag}-a.example`];
  for (const end of ['\n', '\r\n']) {
    await open(page, '/imports');
    await imported(page, `${tag}.csv`, Buffer.from(rows.map((row) => row.replaceAll(tag, `${tag}${end.length}`)).join(end)));
    const rejects = page.getByRole('region', { name: 'Rows that were not accepted' }).locator('tbody tr');
    await expect(rejects).toContainText('Duplicate of line 2 in this file');
    await expect(rejects.locator('[data-label=Line]')).toHaveText('4');
  }
});

test('the errors of the console are exported as they are filtered', async ({ page, psql }) => {
  const type = unique('exported');
  await psql.run(`INSERT INTO marketing.pipeline_errors (event_type, record_id, error_message) SELECT '${type}', n::text, '=1+1, said "row" ' || n FROM generate_series(1, 60) n`);
  await open(page, `/events?e_type=${type}&e_sort=record&e_order=up`);
  await expect(page.locator('#console tbody tr')).toHaveCount(50);
  const { rows } = await downloaded(page.locator('#console'), 'Export');
  const [header, ...lines] = rows;
  expect(lines).toHaveLength(60);
  expect(new Set(lines.map((line) => line[header.indexOf('event_type')]))).toEqual(new Set([type]));
  const records = lines.map((line) => line[header.indexOf('record_id')]);
  expect(records).toEqual(records.toSorted());
  expect(lines[0][header.indexOf('error_message')]).toBe(`'=1+1, said "row" 1`);
});
