// What tests put into the shared database and upload; each under a tag of its own, so that none sees the others'.
import { type Locator, type Page, expect } from '@playwright/test';
import { base } from './people';
import type { Psql } from './psql';

/** A CSV of so many invented companies and two that are not accepted; `tag` is part of every name and domain. */
export function companies(tag: string, count: number): Buffer {
  const rows = Array.from({ length: count }, (_, n) => `${tag} ${n},https://${tag}-${n}.example,Testing`);
  return Buffer.from(['Company,Website,Industry', ...rows, `No site of ${tag},,Testing`, `${tag} twice,${tag}-0.example,Testing`].join('\n'));
}

/** Uploads a file on the imports page and returns the batch that its mapping page names. */
export async function upload(page: Page, name: string, content: Buffer): Promise<string> {
  await page.locator('input[type=file]').setInputFiles({ name, mimeType: 'text/csv', buffer: content });
  await expect(page).toHaveURL(/\/imports\/[^/]+$/, { timeout: 30_000 });
  await expect(page.getByRole('button', { name: 'Import', exact: true })).toBeVisible();
  return decodeURIComponent(new URL(page.url()).pathname.split('/').at(-1)!);
}

/** Uploads and imports a file, and waits until it is in. */
export async function imported(page: Page, name: string, content: Buffer): Promise<string> {
  const batch = await upload(page, name, content);
  await page.getByRole('button', { name: 'Import', exact: true }).click();
  await expect(page.locator('main .badge').first()).toHaveText('completed', { timeout: 30_000 });
  return batch;
}

/** Companies as another program would write them, past the import; returns their ids when each has its slots. */
export async function settled(psql: Psql, tag: string, count: number, batch = tag): Promise<string[]> {
  const ids = await psql.run(
    `INSERT INTO intake.company_raw_intake (company, website, import_batch_id)
     SELECT '${tag} ' || n, 'https://${tag}-' || n || '.example', '${batch}' FROM generate_series(1, ${count}) n RETURNING id`,
  );
  // Not longer: the stages after this one try again and again where the sandbox fails.
  const slots = `SELECT count(*) FROM marketing.company_slots JOIN marketing.company_master USING (company_unique_id) WHERE import_batch_id = '${batch}'`;
  await expect.poll(() => psql.number(slots), { timeout: 30_000 }).toBe(3 * count);
  return ids;
}

/** Errors without an event, as a foreign program logs them. */
export async function errors(psql: Psql, type: string, count: number, severity = 'error', record = 'r'): Promise<void> {
  await psql.run(
    `INSERT INTO marketing.pipeline_errors (event_type, record_id, error_message, error_details, severity, created_at)
     SELECT '${type}', '${record}' || lpad(n::text, 3, '0'), 'Failure ' || n || ' of ${type}', jsonb_build_object('code', 4000 + n),
            '${severity}', now() - n * interval '1 minute'
     FROM generate_series(1, ${count}) n`,
  );
}

/** Failed validations of companies that are in order, each with its error: a retry of them succeeds. */
export async function failures(psql: Psql, tag: string, ids: string[], batch = tag): Promise<void> {
  await psql.run(
    `WITH failed AS (
       INSERT INTO marketing.pipeline_events (event_type, payload, status, error_message, retry_count, batch_id, processed_at)
       SELECT 'company_created', jsonb_build_object('record_id', id), 'failed', 'Outage of ${tag}', 3, '${batch}', now()
       FROM unnest(ARRAY[${ids.join(', ')}]) id
       RETURNING id, payload ->> 'record_id' AS record_id)
     INSERT INTO marketing.pipeline_errors (event_type, record_id, error_message, severity, event_id)
     SELECT 'company_created', record_id, 'Outage of ${tag}', 'error', id FROM failed`,
  );
}

/** The rows of a CSV text, by the letter of RFC 4180; fails where it is not well formed. */
export function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y;
  while (cell.lastIndex < text.length) {
    const at = cell.lastIndex;
    const found = cell.exec(text);
    if (!found) throw new Error(`not a CSV at ${at}: ${text.slice(at, at + 60)}`);
    row.push(found[1]?.replaceAll('""', '"') ?? found[2]);
    if (found[3] !== ',') {
      rows.push(row);
      row = [];
    }
  }
  return rows;
}

/** The content of a download that a link in this part of the page leads to. */
export async function downloaded(part: Locator, link: string): Promise<{ name: string; comment: string; rows: string[][] }> {
  const [download] = await Promise.all([part.page().waitForEvent('download'), part.getByRole('link', { name: link, exact: true }).click()]);
  const pieces: Buffer[] = [];
  for await (const piece of await download.createReadStream()) pieces.push(piece as Buffer);
  const text = Buffer.concat(pieces).toString('utf8');
  const comment = /^# .*\r\n/.exec(text)?.[0] ?? '';
  return { name: download.suggestedFilename(), comment: comment.trim(), rows: parseCsv(text.slice(comment.length)) };
}

/** A server function called as a program would, with the session of the page. */
export function call(page: Page, name: string, body: unknown) {
  return page.request.post(`${base()}/api/fn/${name}`, {
    data: JSON.stringify(body),
    headers: { 'content-type': 'application/json', accept: 'application/json', 'sec-fetch-site': 'same-origin' },
  });
}
