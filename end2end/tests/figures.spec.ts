// The figures of the product, printed; no time is asserted: `make bench`. Everything is the built server with its own
// PostgreSQL, which syncs every commit to disk.
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { companies } from './data';
import { base, live, signIn } from './people';
import { Psql } from './psql';
import { Server } from './server';

test.describe.configure({ mode: 'serial' });
test.skip(!process.env.BENCH, 'figures are measured by make bench');

const DIRECTORY = '../../shared/data/companies/yc';
const OPEN = "SELECT count(*) FROM marketing.pipeline_events WHERE status IN ('pending', 'processing')";

const say = (line: string) => console.log(`  figure: ${line}`);
const quantile = (values: number[], share: number) => values.toSorted((a, b) => a - b)[Math.ceil(values.length * share) - 1];
const pause = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds));

test('@bench size of what a browser loads', () => {
  const folder = join(process.env.LEPTOS_SITE_ROOT!, process.env.LEPTOS_SITE_PKG_DIR!);
  for (const name of readdirSync(folder).filter((name) => /\.(wasm|js|css)$/.test(name))) {
    const size = (path: string) => `${(statSync(path).size / 1000).toFixed(0)} kB`;
    say(`${name.split('.').at(-1)}: ${size(join(folder, name))} raw, ${size(join(folder, `${name}.br`))} brotli`);
  }
});

test('@bench companies per second, from an uploaded file to verified addresses', async ({ page }) => {
  test.setTimeout(300_000);
  const psql = new Psql(Server.shared().databaseUrl());
  await signIn(page, 'admin', '/imports');
  await live(page);
  await page.locator('input[type=file]').setInputFiles({ name: 'directory.csv', mimeType: 'text/csv', buffer: directory() });
  await expect(page.getByRole('button', { name: 'Import', exact: true })).toBeVisible();
  const begun = Date.now();
  await page.getByRole('button', { name: 'Import', exact: true }).click();
  let imported = 0;
  for (;;) {
    const running = await psql.number("SELECT count(*) FROM intake.import_batches WHERE status <> 'completed'");
    if (running === 0 && !imported) imported = Date.now();
    if (running === 0 && (await psql.number(OPEN)) === 0) break;
    await pause(50);
  }
  const seconds = (Date.now() - begun) / 1000;
  const [counts] = await psql.run(
    `SELECT (SELECT count(*) FROM marketing.company_master), (SELECT count(*) FROM marketing.pipeline_events),
            (SELECT count(*) FROM marketing.email_verification WHERE verification_status <> 'pending'),
            (SELECT count(*) FROM marketing.pipeline_events WHERE status = 'failed')`,
  );
  const [rows, events, addresses, failed] = counts.split('|').map(Number);
  expect(failed).toBe(0);
  say(`pipeline: ${rows} companies, ${events} events, ${addresses} addresses in ${seconds.toFixed(1)} s (import ${((imported - begun) / 1000).toFixed(1)} s):` +
    ` ${(rows / seconds).toFixed(0)} companies/s`);
  const status = readFileSync(`/proc/${Server.shared().runningPid()}/status`, 'utf8');
  say(`memory of the server at the end: ${(Number(/VmRSS:\s+(\d+)/.exec(status)![1]) / 1024).toFixed(0)} MiB`);
  psql.close();
});

test('@bench from a commit in psql to the changed number in Chromium', async ({ page }) => {
  test.setTimeout(600_000);
  const psql = new Psql(Server.shared().databaseUrl());
  await signIn(page, 'viewer');
  await live(page);
  await page.evaluate(() => {
    const figure = () => document.querySelector('[data-stage=import] [data-figure=done]')!.textContent;
    const seen: Record<string, number> = {};
    new MutationObserver(() => (seen[figure()!] ??= performance.timeOrigin + performance.now()))
      .observe(document.querySelector('main')!, { subtree: true, childList: true, characterData: true });
    Object.assign(window, { seen });
  });
  const figure = page.locator('[data-stage=import] [data-figure=done]');
  const waits: number[] = [];
  for (let n = 0; n < 200; n++) {
    const next = (Number((await figure.textContent())!.replaceAll(',', '')) + 1).toLocaleString('en-US');
    await psql.run(`INSERT INTO intake.company_raw_intake (company, website) VALUES ('Latency ${n}', 'https://latency-${n}.example')`);
    const committed = performance.timeOrigin + performance.now();
    await expect(figure).toHaveText(next);
    waits.push((await page.evaluate((next) => (window as unknown as { seen: Record<string, number> }).seen[next], next)) - committed);
    await pause(700 + 300 * Math.random());
  }
  say(`psql commit to Chromium, 200 times: median ${quantile(waits, 0.5).toFixed(0)} ms, 99th percentile ${quantile(waits, 0.99).toFixed(0)} ms`);
  psql.close();
});

test('@bench first byte of the first page with 100,000 companies and 1,000,000 events', async ({ page }) => {
  test.setTimeout(900_000);
  const psql = new Psql(Server.shared().databaseUrl());
  await psql.run(`SET outreach.notify = 'off'; ${grow('company_raw_intake', 100_000)}`);
  while ((await psql.number(OPEN)) > 0) await pause(500);
  const missing = 1_000_000 - (await psql.number('SELECT count(*) FROM marketing.pipeline_events'));
  if (missing > 0) {
    await psql.run(
      `INSERT INTO marketing.pipeline_events (event_type, payload, status, processed_at, created_at)
       SELECT 'company_created', jsonb_build_object('record_id', n), 'processed', now(), now() - n * interval '2 seconds'
       FROM generate_series(1, ${missing}) n; ANALYZE`,
    );
  }
  await pause(5000);
  const [counts] = await psql.run('SELECT (SELECT count(*) FROM marketing.company_master), (SELECT count(*) FROM marketing.pipeline_events)');
  await signIn(page, 'viewer');
  const cookie = (await page.context().cookies()).map(({ name, value }) => `${name}=${value}`).join('; ');
  const waits: number[] = [];
  for (let n = 0; n < 100; n++) {
    const begun = performance.now();
    const answer = await fetch(`${base()}/`, { headers: { cookie, accept: 'text/html' } });
    waits.push(performance.now() - begun);
    expect((await answer.text()).includes('Pipeline')).toBe(true);
  }
  const [masters, events] = counts.split('|').map((n) => Number(n).toLocaleString('en-US'));
  say(`first byte of the overview with ${masters} companies and ${events} events, 100 times: median ${quantile(waits, 0.5).toFixed(0)} ms,` +
    ` 99th percentile ${quantile(waits, 0.99).toFixed(0)} ms`);
  psql.close();
});

function grow(table: string, to: number): string {
  return `INSERT INTO intake.${table} (company, website)
          SELECT 'Grown ' || n, 'https://grown-' || n || '.example'
          FROM generate_series(1, ${to} - (SELECT count(*) FROM marketing.company_master)) n`;
}

/** Real companies as a CSV where the test data is at hand, otherwise invented ones. */
function directory(): Buffer {
  if (!existsSync(DIRECTORY)) {
    say(`${DIRECTORY} is not on this machine; the companies are invented`);
    return companies('directory', 5000);
  }
  const cell = (value: unknown) => `"${String(value ?? '').replaceAll('"', '""')}"`;
  const lines = readdirSync(DIRECTORY).flatMap((name) => {
    const { hits } = JSON.parse(readFileSync(join(DIRECTORY, name), 'utf8')).results[0];
    return hits
      .filter(({ website }: { website?: string }) => website)
      .map((hit: Record<string, unknown>) => [hit.name, hit.website, hit.industry].map(cell).join(','));
  });
  return Buffer.from(['Company,Website,Industry', ...lines].join('\n'));
}
