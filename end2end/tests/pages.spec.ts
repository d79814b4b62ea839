// Every page for everyone: screen readers, phones and large screens, dark rooms, no JavaScript.
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { call, companies, errors, failures, imported, settled } from './data';
import { base, expect, open, signIn, test, unique } from './people';
import { Psql } from './psql';
import { Server } from './server';

const LISTS = ['/', '/?tab=intelligence', '/?tab=messaging', '/?tab=delivery', '/?e_panel=n8n', '/companies', '/contacts', '/imports', '/events', '/errors', '/errors?state=any', '/trends', '/trends?range=24h', '/dead-letters', '/runs', '/runs?phase=enrichment', '/actions',
  '/reports/enrichment', '/reports/messaging', '/stages', '/schedules', '/workers', '/audit', '/lineage', '/account', '/users', '/users?role=admin&state=active', '/workers?state=alive', '/system', '/tokens', '/tokens?state=expired', '/webhooks', '/help', '/styleguide'];
const EMPTY = ['/companies?q=nobody-is-called-this', '/contacts?q=nobody-is-called-this', '/events?record=none', '/runs?workflow=none', '/errors?q=no-error-says-this', '/users?q=nobody-is-called-this', '/workers?state=silent', '/schedules?state=lost', '/system?q=no-setting-says-this', '/?e_q=no-error-says-this'];
/** Pages of one thing, which the tests of this file make first. */
const details: string[] = [];
const tag = unique('pages');

test.beforeAll(async ({ browser }) => {
  const psql = new Psql(Server.shared().databaseUrl());
  const ids = await settled(psql, tag, 2);
  await failures(psql, tag, ids);
  await errors(psql, `${tag}_with_a_rather_long_event_type`, 60, 'critical', 'a-record-id-that-is-long-too-');
  await psql.run(`UPDATE intake.company_raw_intake SET company = '${tag} ' || repeat('Verylongname', 12), website = 'https://' || repeat('long-', 11) || '.${tag}.example/' || repeat('path/', 30)
                  WHERE id = ${ids[1]}`);
  await psql.run(`UPDATE marketing.contact_enrichment SET full_name = repeat('Maximiliane ', 5), title = repeat('Head of everything ', 5),
                    email = repeat('m', 60) || '@${tag}.example', enrichment_source = 'a-provider-with-a-name'
                  WHERE company_slot_unique_id IN (SELECT s.company_slot_unique_id FROM marketing.company_slots s
                    JOIN marketing.company_master m USING (company_unique_id) WHERE m.source_record_id = '${ids[1]}')`);
  const event = await psql.number(`SELECT max(id) FROM marketing.pipeline_events WHERE batch_id = '${tag}' AND status = 'failed'`);
  const other = await psql.number(`INSERT INTO marketing.pipeline_events (event_type, payload, status, batch_id)
    VALUES ('company_updated', '{"record_id": "0"}', 'failed', '${tag}-other') RETURNING id`);
  const [group] = await psql.run(`SELECT group_key FROM marketing.pipeline_errors WHERE event_type = '${tag}_with_a_rather_long_event_type' LIMIT 1`);
  const hook = await psql.number(`INSERT INTO app.webhooks (name, url, secret, created_by, enabled, paused_reason, last_failure_at, last_error)
    VALUES ('${tag}', 'https://a-rather-long-name-of-a-host.${tag}.example/webhook/4f2c90aa', repeat('0', 64), 'admin', FALSE, 'The receiver answered with 410 Gone',
            now(), 'answered with 410 Gone') RETURNING id`);
  await psql.run(`INSERT INTO app.webhook_deliveries (webhook_id, event_id, event_type, status, attempts, tried_at, http_status, duration_ms, error, answer)
    VALUES (${hook}, ${event}, '${tag}_with_a_rather_long_event_type', 'dead', 8, now(), 410, 12, 'answered with 410 Gone', repeat('Gone. ', 100)),
           (${hook}, ${other}, 'company_updated', 'delivered', 1, now(), 200, 3, NULL, NULL)`);
  psql.close();
  const context = await browser.newContext({ storageState: Server.shared().sessionFile('admin'), javaScriptEnabled: true });
  const page = await context.newPage();
  await open(page, '/imports');
  const batch = await imported(page, `${tag}.csv`, companies(tag.replace('pages', 'others'), 3));
  details.push(`/companies/${ids[0]}`, `/companies/${ids[1]}`, `/imports/${batch}`, `/events/${event}`, `/lineage?of=event:${event}`);
  const answer = await call(page, 'start_action', { request: { act: 'cancel', selection: { ids: [other] }, reason: null, up_to: null } });
  details.push(`/actions/${(await answer.json()).id}`, `/errors/${group}`, `/webhooks/${hook}`);
  await context.close();
});

/** Axe in the page itself: none of ours has a frame, for whose sake it would open another tab each time. */
async function check(page: Page, what: string, axe = new AxeBuilder({ page })) {
  const { violations } = await axe.setLegacyMode().analyze();
  expect.soft(violations.map(({ id, nodes }) => `${what} ${id}: ${nodes.map((node) => node.target).join(' ')}`)).toEqual([]);
}

/** One look at a page in each theme at each width. */
async function look(page: Page, path: string) {
  const see = async (what: string, width: number, height: number, colorScheme: 'light' | 'dark', rules?: string[]) => {
    // Without motion there is no colour between the two themes'.
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.setViewportSize({ width, height });
    await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
    const widest = await page.evaluate(() => document.documentElement.scrollWidth);
    expect.soft(widest, `${path}, ${what}`).toBeLessThanOrEqual(width);
    expect.soft((await page.locator('main').boundingBox())!.width, `${path}, ${what}`).toBeGreaterThan(Math.min(300, width));
    if (rules?.length === 0) return;
    const axe = new AxeBuilder({ page });
    // The console is the same on every page: once is enough, and it is most of the work.
    if (!path.startsWith('/?')) axe.exclude('#console .console-body');
    if (rules) axe.withRules(rules);
    await check(page, `${path}, ${what}`, axe);
  };
  // Of two themes only the colours differ.
  const colours = ['color-contrast', 'link-in-text-block'];
  await page.setViewportSize({ width: 1440, height: 900 });
  await open(page, path);
  // The style guide shows what stands in place of content, too.
  if (path !== '/styleguide') await expect(page.locator('main')).not.toContainText('Loading…');
  await see('desk, light', 1440, 900, 'light');
  await see('desk, dark', 1440, 900, 'dark', colours);
  await see('phone, dark', 360, 740, 'dark');
  await see('phone, light', 360, 740, 'light', colours);
  await see('tablet', 768, 1024, 'light', []);
  await see('large screen', 1920, 1080, 'light', []);
}

const KINDS: [string, () => string[]][] = [
  ['list', () => LISTS],
  ['empty list', () => EMPTY],
  ['page of one thing', () => [...details, '/companies/99999999', '/no/such/page', `/?e_q=${tag}`]],
];
for (const [kind, paths] of KINDS) {
  test(`no ${kind} is wider than its window, and axe finds nothing, in either theme, at a desk or on a phone`, async ({ page }) => {
    test.setTimeout(300_000);
    for (const path of paths()) await look(page, path);
  });
}

test('axe finds nothing where people sign in', async ({ browser }) => {
  for (const colorScheme of ['light', 'dark'] as const) {
    const stranger = await browser.newContext({ storageState: { cookies: [], origins: [] }, colorScheme });
    const signIn = await stranger.newPage();
    await signIn.goto(`${base()}/sign-in?problem=credentials`);
    await check(signIn, `/sign-in, ${colorScheme}`);
    await signIn.setViewportSize({ width: 360, height: 740 });
    await check(signIn, `/sign-in on a phone, ${colorScheme}`);
    await stranger.close();
  }
});

test('axe finds nothing in any dialog, and Escape closes each', async ({ page }) => {
  await open(page, `/?e_q=${encodeURIComponent(`Outage of ${tag}`)}`);
  const row = page.locator('#console tbody tr').first();
  const openers = [
    row.getByRole('button', { name: /^Details of/ }),
    row.getByRole('button', { name: /^Retry / }),
    row.getByRole('button', { name: /^Resolve / }),
    page.getByRole('button', { name: /^Resolve all/ }),
    page.getByRole('button', { name: /^Retry all/ }),
    page.getByRole('button', { name: /Process now/ }).first(),
  ];
  for (const opener of openers) {
    await opener.click();
    const dialog = page.getByRole('dialog');
    await expect(dialog).toBeVisible();
    await expect(dialog).not.toContainText(/Loading…|Counting…/);
    await check(page, `dialog of ${opener}`);
    await page.keyboard.press('Escape');
    await expect(dialog).toBeHidden();
    await expect(opener).toBeFocused();
  }
  for (const [path, name] of [[details[3], /^Retry: event/], ['/stages', 'Pause Verify'], ['/stages', 'Settings of Enrich'], ['/schedules', /^Change when/]] as const) {
    await open(page, path);
    await page.getByRole('button', { name }).first().click();
    const dialog = page.locator('dialog[open]');
    await expect(dialog).toBeVisible();
    await expect(dialog).not.toContainText(/Counting…|Looking up/);
    await check(page, `dialog of ${name}`);
    await page.keyboard.press('Escape');
  }
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog')).toContainText('shortcuts');
  await check(page, 'shortcuts');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+k');
  await page.keyboard.type(tag);
  await expect(page.getByRole('dialog').getByRole('option').first()).toBeVisible();
  await check(page, 'palette');
});

test('the theme follows the system and can be switched', async ({ page }) => {
  await page.emulateMedia({ colorScheme: 'dark' });
  await open(page, '/');
  const background = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const dark = await background();
  await page.getByRole('button', { name: 'Dark theme' }).click();
  expect(await background()).not.toBe(dark);
  await page.reload();
  expect(await background()).not.toBe(dark);
});

test('on a phone the menu leads to pages, and the console is a sheet that opens', async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await open(page, `/?e_q=${tag}`);
  await page.getByRole('button', { name: 'Menu' }).click();
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Companies' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Companies');
  await expect(page.getByRole('navigation', { name: 'Main' })).toBeHidden();

  const rows = page.locator('#console tbody tr');
  await expect(rows.first()).toBeHidden();
  await page.getByRole('button', { name: 'Error console' }).click();
  await expect(rows.first()).toBeVisible();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
  await rows.first().getByRole('button', { name: /^Details of/ }).click();
  await expect(page.getByRole('dialog')).toBeVisible();
  const box = (await page.getByRole('dialog').boundingBox())!;
  expect(box.x).toBeGreaterThanOrEqual(0);
  expect(box.x + box.width).toBeLessThanOrEqual(360);
  await page.keyboard.press('Escape');
});

test.describe('without JavaScript', () => {
  test.use({ as: null, javaScriptEnabled: false });

  test('pages are whole', async ({ page }) => {
    await signIn(page, 'viewer');
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Outreach Command Center');
    await expect(page.locator('.card').first()).toBeVisible();
    await page.goto(`${base()}/companies?q=${tag}`);
    await expect(page.locator('main tbody tr').first()).toBeVisible();
    // Nothing is offered that would do nothing.
    await expect(page.locator('.live')).toBeHidden();
    const idle = page.locator('button:visible:not([popovertarget])');
    expect(await idle.evaluateAll((buttons) => (buttons as HTMLButtonElement[]).filter(({ form }) => !form).map(({ outerHTML }) => outerHTML))).toEqual([]);
    await page.goto(base() + details[0]);
    await expect(page.getByRole('heading', { level: 2, name: `${tag} 1` })).toBeVisible();
    for (const path of ['/events?status=processed', details[3], '/schedules', '/workers']) {
      await page.goto(base() + path);
      await expect(page.locator('main tbody tr').first()).toBeVisible();
    }
    await page.goto(base() + details[4]);
    await expect(page.locator('.lineage .node').first()).toBeVisible();
    await page.goto(`${base()}/stages`);
    await expect(page.locator('[data-stage=verify]')).toBeVisible();
  });
});
