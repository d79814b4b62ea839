// The list of companies and the way to one of them.
import type { Page } from '@playwright/test';
import { failures, settled } from './data';
import { base, expect, live, open, test, unique } from './people';

test.use({ as: 'viewer' });

const rows = (page: Page) => page.locator('main tbody tr');
const search = (page: Page) => page.getByRole('searchbox', { name: 'Name, website or Barton ID' });
const chip = (page: Page, name: string) => page.getByRole('navigation', { name: 'State' }).getByRole('link', { name, exact: true });

test('search, batch and state narrow the list, in the URL', async ({ page, psql }) => {
  const tag = unique('narrow');
  await settled(psql, `${tag}a`, 3, `${tag}-one`);
  await settled(psql, `${tag}b`, 2, `${tag}-two`);
  await psql.run(`INSERT INTO intake.company_raw_intake (company, website, import_batch_id) VALUES ('${tag}c rejected', NULL, '${tag}-two')`);
  await open(page, '/companies');

  await search(page).fill(tag);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(`${base()}/companies?q=${tag}`);
  await expect(rows(page)).toHaveCount(6);
  await expect(page.locator('.list-count')).toHaveText('6 companies');

  await chip(page, 'rejected').click();
  await expect(page).toHaveURL(`${base()}/companies?q=${tag}&state=rejected`);
  await expect(rows(page)).toHaveCount(1);
  await expect(chip(page, 'rejected')).toHaveAttribute('aria-current', 'true');
  await page.reload();
  await live(page);
  await expect(search(page)).toHaveValue(tag);
  await expect(rows(page)).toHaveCount(1);
  await expect(rows(page)).toContainText(`${tag}c rejected`);

  await page.goBack();
  await expect(rows(page)).toHaveCount(6);
  await expect(chip(page, 'any state')).toHaveAttribute('aria-current', 'true');

  await page.goto(`${base()}/companies?q=${tag}&batch=${tag}-two`);
  await live(page);
  await expect(rows(page)).toHaveCount(3);
  await expect(page.getByRole('combobox', { name: 'Batch' })).toHaveValue(`${tag}-two`);
  await page.getByRole('combobox', { name: 'Batch' }).selectOption('');
  await expect(page).toHaveURL(`${base()}/companies?q=${tag}`);
  await expect(rows(page)).toHaveCount(6);

  await search(page).fill(`${tag} is nobody`);
  await page.keyboard.press('Enter');
  await expect(page.locator('main')).toContainText('No company matches');
  await page.getByRole('link', { name: 'Show all companies' }).click();
  await expect(page).toHaveURL(`${base()}/companies`);
  await expect(search(page)).toHaveValue('');
});

test('a company is found by its website, its Barton ID, and from any page', async ({ page, psql }) => {
  const tag = unique('found');
  const ids = await settled(psql, tag, 2);
  const [barton] = await psql.run(`SELECT company_unique_id FROM marketing.company_master WHERE source_record_id = '${ids[1]}'`);
  for (const text of [`${tag}-2.example`, barton]) {
    await open(page, '/stages');
    await page.keyboard.press('/');
    await expect(page.getByRole('searchbox', { name: 'Search companies' })).toBeFocused();
    await page.keyboard.type(text);
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL(`${base()}/companies?q=${text}`);
    await expect(rows(page)).toHaveCount(1);
    await expect(rows(page)).toContainText(`${tag} 2`);
  }
});

test('text is searched for as it was typed', async ({ page, psql }) => {
  const tag = unique('typed');
  await psql.run(`INSERT INTO intake.company_raw_intake (company, website) VALUES ('${tag} 100%41', 'https://${tag}.example')`);
  await open(page, '/companies');
  await search(page).fill(`${tag} 100%41`);
  await page.keyboard.press('Enter');
  await expect(rows(page)).toHaveCount(1);
  await expect(search(page)).toHaveValue(`${tag} 100%41`);
});

test('names with special characters are found and shown as they are', async ({ page, psql }) => {
  const tag = unique('special');
  const name = `${tag} <b>O''Reilly</b> & Söhne 50% _x_ \\ 日本`;
  await psql.run(`INSERT INTO intake.company_raw_intake (company, website) VALUES ('${name}', 'https://${tag}.example')`);
  await open(page, '/companies');
  for (const text of [`${tag} <b>O'Reilly</b> &`, 'Söhne 50% _x_ \\', `${tag}`]) {
    await search(page).fill(text);
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL(/q=/);
    await expect(rows(page).filter({ hasText: tag })).toHaveCount(1);
    await page.reload();
    await live(page);
    await expect(search(page)).toHaveValue(text);
    await expect(rows(page).filter({ hasText: tag })).toContainText(name.replace("''", "'"));
  }
});

test('pages are read by key: nothing is skipped and nothing comes twice', async ({ page, psql }) => {
  const tag = unique('paged');
  // All at one instant: the key decides, not the time alone.
  await psql.run(`INSERT INTO intake.company_raw_intake (company, website) SELECT '${tag} ' || lpad(n::text, 3, '0'), 'https://${tag}-' || n || '.example' FROM generate_series(1, 120) n`);
  await open(page, `/companies?q=${tag}`);
  await expect(page.locator('.list-count')).toHaveText('120 companies');
  const pages = page.getByRole('navigation', { name: 'Pages of companies' });
  const names = new Set<string>();
  for (const size of [50, 50, 20]) {
    await expect(rows(page)).toHaveCount(size);
    await expect.poll(async () => names.has((await rows(page).first().locator('th').textContent())!)).toBe(false);
    for (const name of await rows(page).locator('th').allTextContents()) names.add(name);
    if (size === 50) await pages.getByRole('link', { name: 'Older' }).click();
  }
  expect(names.size).toBe(120);
  await expect(pages.getByRole('link', { name: 'Older' })).toHaveCount(0);
  await page.reload();
  await live(page);
  await expect(rows(page)).toHaveCount(20);
  await pages.getByRole('link', { name: 'Newest' }).click();
  await expect(page).toHaveURL(`${base()}/companies?q=${tag}`);
  await expect(rows(page)).toHaveCount(50);
});

test('a heading sorts the list, in the URL, page after page and in the file', async ({ page, psql }) => {
  const tag = unique('sorted');
  await psql.run(`INSERT INTO intake.company_raw_intake (company, website, created_at)
    SELECT CASE n % 2 WHEN 0 THEN upper('${tag}') ELSE '${tag}' END || ' ' || lpad((n * 37 % 60)::text, 2, '0'), 'https://${tag}-' || n || '.example', now() - n * interval '1 minute'
    FROM generate_series(0, 59) n`);
  const first = () => rows(page).first().locator('th');
  const heading = (name: string) => page.locator('main').getByRole('columnheader', { name });
  await open(page, `/companies?q=${tag}`);
  await expect(heading('Imported')).toHaveAttribute('aria-sort', 'descending');
  await heading('Company').getByRole('link').focus();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(`${base()}/companies?q=${tag}&sort=name`);
  await expect(heading('Company')).toHaveAttribute('aria-sort', 'ascending');
  await expect(heading('Imported')).not.toHaveAttribute('aria-sort', /.*/);
  await expect(first()).toHaveText(new RegExp(`^${tag} 00$`, 'i'));
  const pages = page.getByRole('navigation', { name: 'Pages of companies' });
  await pages.getByRole('link', { name: 'Next' }).click();
  await expect(rows(page)).toHaveCount(10);
  await expect(first()).toHaveText(new RegExp(`^${tag} 50$`, 'i'));
  await heading('Company').getByRole('link').click();
  await expect(page).toHaveURL(`${base()}/companies?q=${tag}&sort=-name`);
  await expect(first()).toHaveText(new RegExp(`^${tag} 59$`, 'i'));
  const answer = await page.request.get(`${base()}/companies?q=${tag}&sort=imported`);
  expect((await answer.text()).match(new RegExp(`${tag} \\d\\d`, 'gi'))![0].slice(-2)).toBe(String((59 * 37) % 60).padStart(2, '0'));
  await heading('Imported').getByRole('link').click();
  await expect(page).toHaveURL(`${base()}/companies?q=${tag}`);
});

test('the page of a company tells where it comes from and what happened to it', async ({ page, psql }) => {
  const tag = unique('detail');
  const [id] = await settled(psql, tag, 1);
  await open(page, `/companies?q=${tag}`);
  await rows(page).getByRole('link', { name: `${tag} 1` }).click();
  await expect(page).toHaveURL(`${base()}/companies/${id}`);
  await expect(page.getByRole('heading', { level: 2, name: `${tag} 1` })).toBeVisible();
  const timeline = page.getByRole('region', { name: 'Timeline' }).getByRole('listitem');
  for (const event of ['company_created', 'company_validated', 'company_promoted', 'slots_created']) {
    await expect(timeline.filter({ hasText: event }).first()).toBeVisible();
  }
  for (const role of ['CEO', 'CFO', 'HR']) await expect(page.getByRole('heading', { level: 3, name: new RegExp(`^${role}`) })).toBeVisible();

  await timeline.filter({ hasText: 'company_created' }).first().getByRole('link', { name: id, exact: true }).click();
  await expect(page).toHaveURL(`${base()}/events?record=${id}`);
  await expect(page.locator('main tbody tr').filter({ hasText: 'company_created' })).toHaveCount(1);
  await page.goBack();
  await expect(page).toHaveURL(`${base()}/companies/${id}`);
});

test('the page of a company links to its website', async ({ page, psql }) => {
  const tag = unique('website');
  const [id] = await settled(psql, tag, 1);
  await open(page, `/companies/${id}`);
  await expect(page.getByRole('link', { name: `https://${tag}-1.example` })).toHaveAttribute('rel', /noopener/);
});

test('a company that does not exist is said to be none', async ({ page }) => {
  const answer = await page.goto(`${base()}/companies/99999999`);
  await expect(page.getByRole('alert')).toContainText('Company 99999999');
  await expect(page.getByRole('link', { name: 'Go to the overview' })).toBeVisible();
  expect.soft(answer!.status()).toBe(404);
});

test('columns are hidden and shown, in the URL and without leaving the list', async ({ page, psql }) => {
  const tag = unique('columns');
  await settled(psql, tag, 2);
  await open(page, `/companies?q=${tag}`);
  const heading = (name: string) => page.locator('main thead').getByRole('columnheader', { name, exact: true });
  await page.getByRole('button', { name: 'Columns' }).click();
  const menu = page.getByRole('region', { name: 'Columns' });
  await menu.getByRole('link', { name: 'Hide the column Website' }).click();
  await menu.getByRole('link', { name: 'Hide the column Open errors' }).click();
  await expect(page).toHaveURL(`${base()}/companies?q=${tag}&hide=Website%2COpen%20errors`);
  await expect(heading('Website')).toHaveCount(0);
  await expect(heading('Open errors')).toHaveCount(0);
  await expect(heading('State')).toBeVisible();
  await expect(rows(page).first().getByRole('cell')).toHaveCount(6);
  await page.reload();
  await live(page);
  await expect(heading('Website')).toHaveCount(0);
  await page.getByRole('button', { name: 'Columns' }).click();
  await menu.getByRole('link', { name: 'Show the column Website' }).click();
  await expect(heading('Website')).toBeVisible();
  await page.goBack();
  await expect(heading('Website')).toHaveCount(0);
});

test.describe('for those who may act', () => {
  test.use({ as: 'operator' });

  test('failed events of chosen companies are retried, then those of all that match', async ({ page, psql }) => {
    const tag = unique('acted');
    const ids = await settled(psql, tag, 4);
    await failures(psql, tag, ids);
    const failed = () => psql.number(`SELECT count(*) FROM marketing.pipeline_events WHERE batch_id = '${tag}' AND event_type = 'company_created' AND status = 'failed'`);
    await open(page, `/companies?q=${tag}&sort=name`);
    await expect(page.locator('[data-selection]')).toContainText('all 4 companies that match');
    const dialog = page.locator('dialog[open]');
    for (const n of [1, 3]) await page.getByRole('checkbox', { name: `Choose ${tag} ${n}`, exact: true }).check();
    await page.getByRole('button', { name: 'Retry: the 2 chosen companies' }).click();
    await dialog.getByRole('button', { name: 'Retry: 2 events' }).click();
    await expect(dialog).toContainText('Done: 2 of 2');
    await dialog.getByRole('link', { name: 'Show the action' }).click();
    await expect(page.locator('main').getByRole('link', { name: /^company \d+$/ })).toHaveCount(2);
    expect(await failed()).toBe(2);

    await open(page, `/companies?q=${tag}&hide=Website`);
    await expect(page.locator('main tbody td[data-label=Website]').first()).toBeHidden();
    await expect(page.locator('main tbody td[data-label=State]').first()).toBeVisible();
    await page.getByRole('button', { name: 'Retry: all 4 companies that match' }).click();
    await dialog.getByRole('button', { name: /^Retry: \d+ events$/ }).click();
    await expect(dialog).toContainText(/Done: \d+ of \d+/);
    await expect.poll(failed).toBe(0);

    // What cannot be read makes the list wider than was meant, and nothing is done to all of it.
    await open(page, '/companies?state=verifed');
    await expect(page.locator('main .problem')).toContainText('“verifed”');
    await expect(page.locator('[data-selection]')).toHaveCount(0);
  });
});
