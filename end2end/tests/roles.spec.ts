// Who may do what: viewers change nothing, strangers see nothing.
import type { Page } from '@playwright/test';
import { call, companies, errors, failures, imported, settled, upload } from './data';
import { base, expect, fillSignIn, open, test, unique } from './people';
import { Server } from './server';

const ACTIONS = /Process now|now…|^Retry|^Resolve|^Cancel|^Requeue|^Move to|^Release|^Purge|^Pause [A-Z]|^Resume|^Settings|^Change|happen|Load sample|^Import$|Discard|Cancel the import/;

/** Every control in sight that would change something. */
async function actions(page: Page): Promise<string[]> {
  const buttons = await page.getByRole('button', { name: ACTIONS }).evaluateAll((found) => found.map((button) => button.getAttribute('aria-label') ?? button.textContent));
  const links = await page.getByRole('link', { name: /Import CSV|^Export$|Report of every row/ }).allTextContents();
  const files = await page.locator('input[type=file]').count();
  return [...buttons, ...links, ...(files ? ['file'] : [])].map((text) => text!.trim());
}

test.describe('a viewer', () => {
  test.use({ as: 'viewer' });

  test('sees everything and is offered nothing that changes it', { tag: '@firefox' }, async ({ page, psql, browser }) => {
    const tag = unique('viewed');
    const [id] = await settled(psql, tag, 1);
    await failures(psql, tag, [id]);
    await errors(psql, tag, 2);
    await open(page, `/?e_q=${tag}`);
    await expect(page.locator('#console tbody tr')).toHaveCount(3);
    const event = await psql.number(`SELECT max(id) FROM marketing.pipeline_events WHERE batch_id = '${tag}' AND status = 'failed'`);
    for (const path of ['/', '/?tab=intelligence', '/imports', `/companies/${id}`, '/events', '/events?record=none', `/events/${event}`,
      '/dead-letters', '/errors?state=any', '/actions', '/stages', '/schedules', '/workers', `/lineage?of=event:${event}`]) {
      await open(page, path);
      await expect(page.locator('main')).not.toContainText('Loading…');
      expect.soft(await actions(page), path).toEqual([]);
    }
    await page.getByRole('link', { name: 'Overview' }).click();
    await page.goto(`${base()}/?e_q=${tag}`);
    await page.getByRole('button', { name: /^Details of company_created/ }).click();
    const dialog = page.getByRole('dialog');
    await expect(dialog).toContainText(`Outage of ${tag}`);
    await expect(dialog.getByRole('button', { name: /Retry|Resolve/ })).toHaveCount(0);
  });

  test('is not offered an import on the list of companies', async ({ page }) => {
    await open(page, '/companies');
    expect(await actions(page)).toEqual([]);
    await open(page, '/companies?q=nobody-has-this-name');
    expect(await actions(page)).toEqual([]);
  });

  test('may look at a file that waits for its mapping, and is not offered to import it', async ({ page, browser }) => {
    const operator = await browser.newContext({ storageState: Server.shared().sessionFile('operator') });
    const theirs = await operator.newPage();
    await open(theirs, '/imports');
    const tag = unique('waits');
    const batch = await upload(theirs, `${tag}.csv`, companies(tag, 2));
    await open(page, `/imports/${batch}`);
    await expect(page.getByRole('region', { name: 'First rows of the file' })).toContainText(`${tag} 0`);
    expect(await actions(page)).toEqual([]);
    await operator.close();
  });

  test('is refused by the server whatever a page may show', { tag: '@firefox' }, async ({ page, psql }) => {
    const tag = unique('refused');
    const [id] = await settled(psql, tag, 1);
    await failures(psql, tag, [id]);
    const error = await psql.number(`SELECT id FROM marketing.pipeline_errors WHERE error_message = 'Outage of ${tag}'`);
    const calls: [string, unknown][] = [
      ['resolve_errors', { selection: { kind: 'one', of: error }, note: '' }],
      ['reopen_error', { id: error }],
      ['retry_errors', { selection: { kind: 'one', of: error } }],
      ['process_now', { stage: 'validate', scope: { kind: 'record', id } }],
      ['start_import', { batch_id: tag, mapping: [], has_header: true }],
      ['cancel_import', { batch_id: tag }],
      ['load_samples', {}],
    ];
    for (const [name, body] of calls) {
      const answer = await call(page, name, body);
      expect(answer.status(), name).toBe(403);
      expect(await answer.json()).toMatchObject({ kind: 'forbidden' });
    }
    for (const file of ['phase-stats.csv', 'errors.csv', `import/${tag}.csv`]) {
      expect((await page.request.get(`${base()}/export/${file}`)).status(), file).toBe(403);
    }
    const sent = await page.request.post(`${base()}/upload?name=x.csv`, { data: 'name\nx\n', headers: { 'sec-fetch-site': 'same-origin' } });
    expect(sent.status()).toBe(403);
    expect(await psql.number(`SELECT count(*) FROM marketing.pipeline_errors WHERE id = ${error} AND NOT resolved AND retried_at IS NULL`)).toBe(1);
    // What a viewer may do goes through on the same road: the refusals are about the role.
    expect((await call(page, 'error_detail', { id: error })).status()).toBe(200);
  });
});

test.describe('an operator', () => {
  test.use({ as: 'operator' });

  test('is offered what the role includes', async ({ page }) => {
    const tag = unique('operated');
    await open(page, '/');
    expect(await actions(page)).toEqual(expect.arrayContaining(['Import CSV', 'Export']));
    await open(page, '/imports');
    expect(await actions(page)).toEqual(expect.arrayContaining(['file']));
    await imported(page, `${tag}.csv`, companies(tag, 2));
    expect(await actions(page)).toEqual(expect.arrayContaining(['Report of every row']));
  });

  test('is refused from another origin', async ({ page }) => {
    const answer = await page.request.post(`${base()}/api/fn/load_samples`, {
      data: '{}',
      headers: { 'content-type': 'application/json', origin: 'https://elsewhere.example' },
    });
    expect(answer.status()).toBe(403);
  });
});

test.describe('somebody who is signed out', () => {
  test.use({ as: null });

  test('is sent to the sign-in from every page', async ({ page }) => {
    for (const path of ['/', '/?tab=delivery', '/companies?q=acme&state=verified', '/companies/17', '/imports', '/imports/some-batch', '/events?status=failed&e_severity=critical']) {
      await page.goto(base() + path);
      await expect(page, path).toHaveURL(/\/sign-in(\?|$)/);
      await expect(page.locator('input[name=next]'), path).toHaveValue(path);
    }
  });

  test('comes back to the page that was wanted, also after a wrong password', async ({ page }) => {
    const wanted = '/companies?q=acme&state=verified&e_severity=critical';
    await page.goto(base() + wanted);
    await fillSignIn(page, 'viewer', 'not the password');
    await expect(page.getByRole('alert')).toContainText('Name or password is wrong');
    await fillSignIn(page, 'viewer');
    await expect(page).toHaveURL(base() + wanted);
  });

  test('comes back to a page whose address has escaped characters', async ({ page }) => {
    const wanted = '/companies?q=acme%20%26%20sons&state=verified';
    await page.goto(base() + wanted);
    await fillSignIn(page, 'viewer');
    await expect(page).toHaveURL(base() + wanted);
    await expect(page.getByRole('searchbox', { name: 'Name, website or Barton ID' })).toHaveValue('acme & sons');
  });

  test('is never sent to another site', async ({ page }) => {
    for (const next of ['https://elsewhere.example/', '//elsewhere.example/', '/\\elsewhere.example/', 'javascript:alert(1)']) {
      await page.context().clearCookies();
      await page.goto(`${base()}/sign-in?next=${encodeURIComponent(next)}`);
      await fillSignIn(page, 'viewer');
      await expect(page, next).toHaveURL(`${base()}/`);
    }
  });

  test('gets no data from the server functions', async ({ page }) => {
    for (const [name, body] of [['overview', {}], ['errors', { query: {} }], ['retry_errors', {}], ['load_samples', {}]] as const) {
      expect((await call(page, name, body)).status(), name).toBe(401);
    }
    expect((await page.request.get(`${base()}/export/errors.csv`)).status()).toBe(401);
  });
});
