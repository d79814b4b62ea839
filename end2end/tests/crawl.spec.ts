// Every number that is a link leads to a list of as many, also while the pipeline works.
import type { Page } from '@playwright/test';
import { companies, errors, failures, imported, settled } from './data';
import { base, expect, open, test, unique } from './people';
import { Psql } from './psql';
import { Server } from './server';

const START = ['/', '/?tab=intelligence', '/?tab=messaging', '/?tab=delivery', '/companies', '/contacts', '/imports', '/errors', '/errors?state=any', '/dead-letters', '/runs',
  '/actions', '/stages', '/workers', '/system', '/trends', '/reports/enrichment'];
/** Pages that say how many rows they have. */
const LISTS = new Set(['/companies', '/contacts', '/imports', '/events', '/runs', '/errors', '/dead-letters', '/actions', '/audit']);
/** Links of one kind that a page may have, of which the first are enough: a table has one in each row. */
const OF_A_KIND = 2;
const NUMBER = /^([\d,]+)(\+?)(?: (?!%).*)?$/;

/** A count that ended at its limit says that there are more. */
type Count = { n: number; capped: boolean };
type Figure = Count & { href: string };

const read = (text: string | null): Count => {
  const [, n, plus] = NUMBER.exec((text ?? '').trim().replace(/\s+/g, ' ')) ?? [null, '0', ''];
  return { n: Number(n!.replaceAll(',', '')), capped: plus === '+' };
};

/** The numbers of a page that lead to a list, in the order in which they stand there. */
async function figures(page: Page, path: string): Promise<Figure[]> {
  await page.goto(base() + path);
  const links = await page.locator('main a[href]').evaluateAll((links) => links.map((link) => ({ href: (link as HTMLAnchorElement).href, text: link.textContent! })));
  return links
    .filter(({ href, text }) => NUMBER.test(text.trim().replace(/\s+/g, ' ')) && (LISTS.has(new URL(href).pathname) || href.endsWith('#console')))
    .map(({ href, text }) => ({ href: href.slice(base().length), ...read(text) }));
}

/** How many rows the list behind a link says it has. */
async function listed(page: Page, href: string): Promise<Count> {
  await page.goto(base() + href);
  if (href.endsWith('#console')) return read(await page.locator('.console-tabs b').textContent());
  const count = page.locator('main .list-count');
  return (await count.count()) ? read(await count.first().textContent()) : { n: 0, capped: false };
}

/** The href without what differs from row to row. */
const kind = (href: string) => href.replace(/=[^&#]*/g, '');

/** What a page says of lists that does not hold. A number that moves must lie between what it was before and after the look. */
async function disagreements(page: Page, path: string): Promise<string[]> {
  const seen = new Map<string, number>();
  const chosen = (await figures(page, path)).filter(({ href }) => {
    seen.set(kind(href), (seen.get(kind(href)) ?? 0) + 1);
    return seen.get(kind(href))! <= OF_A_KIND;
  });
  const found: string[] = [];
  for (const figure of new Map(chosen.map((figure) => [figure.href, figure])).values()) {
    const now = async () => (await figures(page, path)).find(({ href }) => href === figure.href) ?? { n: 0, capped: false };
    let tries: string[] = [];
    for (let before: Count = await now(), again = 0; again < 8; again++) {
      const list = await listed(page, figure.href);
      const after = await now();
      const [least, most] = [Math.min(before.n, after.n), Math.max(before.n, after.n)];
      const enough = list.n >= least || (list.capped && most > list.n);
      const fits = enough && (list.n <= most || before.capped || after.capped);
      if (fits) {
        tries = [];
        break;
      }
      tries.push(`${before.n}, ${list.n} in the list, ${after.n}`);
      before = after;
    }
    if (tries.length) found.push(`${path} ${figure.href}: ${tries.join('; ')}`);
  }
  return found;
}

const paths: string[] = [];

test.beforeAll(async ({ browser }) => {
  const tag = unique('crawl');
  const psql = new Psql(Server.shared().databaseUrl());
  await failures(psql, tag, await settled(psql, tag, 3));
  await errors(psql, `${tag}_type`, 12);
  const [group] = await psql.run(`SELECT group_key FROM marketing.pipeline_errors WHERE event_type = '${tag}_type' LIMIT 1`);
  psql.close();
  const context = await browser.newContext({ storageState: Server.shared().sessionFile('admin'), javaScriptEnabled: true });
  const page = await context.newPage();
  await open(page, '/imports');
  const batch = await imported(page, `${tag}.csv`, companies(`${tag}-file`, 30));
  await context.close();
  paths.push(...START, `/imports/${batch}`, `/errors/${group}`);
});

test.describe('count and list agree', () => {
  // The pages as the server sends them: each look is one request.
  test.use({ javaScriptEnabled: false });

  test('while companies pour in, and at rest', async ({ page, psql }) => {
    test.setTimeout(240_000);
    const tag = unique('pour');
    const writer = new Psql(Server.shared().databaseUrl());
    let written = 0;
    let pouring = true;
    const pour = (async () => {
      for (; pouring && written < 2_000; written += 10) {
        await writer.run(`INSERT INTO intake.company_raw_intake (company, website, import_batch_id)
          SELECT '${tag} ' || n, 'https://${tag}-' || n || '.example', '${tag}' FROM generate_series(${written}, ${written + 9}) n`);
        await new Promise((done) => setTimeout(done, 150));
      }
    })();
    let compared = 0;
    const wrong: string[] = [];
    for (const path of paths) {
      compared += (await figures(page, path)).length;
      wrong.push(...(await disagreements(page, path)));
    }
    pouring = false;
    await pour;
    writer.close();
    expect(wrong).toEqual([]);
    expect(written).toBeGreaterThan(100);
    expect(compared).toBeGreaterThan(50);

    const open = "SELECT count(*) FROM marketing.pipeline_events WHERE status = 'processing' OR (status = 'pending' AND coalesce(next_attempt_at, now()) <= now())";
    await expect.poll(() => psql.number(open), { timeout: 60_000 }).toBe(0);
    for (const path of ['/', '/stages', '/companies']) wrong.push(...(await disagreements(page, path)));
    expect(wrong).toEqual([]);
  });
});
