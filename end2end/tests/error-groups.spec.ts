// Errors of one cause: found, given to somebody, ignored, resolved, and back again.
import { errors } from './data';
import { base, expect, open, test, unique } from './people';

test('a cause of errors is worked on until it is gone, and says so when it comes back', async ({ page, psql }) => {
  const tag = unique('cause');
  await errors(psql, tag, 60);
  const message = await psql.run(`SELECT message FROM marketing.error_groups WHERE event_type = '${tag}'`);
  expect(message).toHaveLength(1);
  await open(page, `/errors?type=${tag}`);
  const row = page.locator('main').getByRole('row', { name: new RegExp(tag) });
  await expect(row).toContainText('open');
  await expect(row.locator('[data-label=Open]')).toHaveText('60');
  await row.getByRole('button', { name: `Retry all open errors “${message[0]}”` }).waitFor();
  await page.keyboard.press('j');
  await page.keyboard.press('e');
  await expect(page.getByRole('dialog')).toContainText('Resolve 60 errors');
  await page.keyboard.press('Escape');
  await row.locator('th').getByRole('link').click();
  await expect(page).toHaveURL(/\/errors\/[0-9a-f]{16}/);
  await expect(page.locator('main h2').first()).toHaveText(message[0]);

  // What is counted is what is listed.
  await page.locator('main').getByRole('link', { name: '60', exact: true }).first().click();
  await expect(page).toHaveURL(/e_group=/);
  await expect(page.locator('.console-tabs')).toContainText('60 errors');


  await page.getByLabel('Assigned to').selectOption('admin');
  await expect.poll(() => psql.run(`SELECT assigned_to FROM marketing.error_groups WHERE event_type = '${tag}'`)).toEqual(['admin']);
  // Errors that come meanwhile do not take what is being typed, nor the focus.
  const field = page.getByLabel('Note', { exact: true });
  await field.fill('The provider moved: <b>new</b> address');
  await errors(psql, tag, 1);
  await expect(page.locator('main .facts')).toContainText('61');
  await expect(field).toBeFocused();
  await psql.run(`DELETE FROM marketing.pipeline_errors WHERE id = (SELECT max(id) FROM marketing.pipeline_errors WHERE event_type = '${tag}')`);
  await page.getByRole('button', { name: 'Leave a note' }).click();
  await expect(page.locator('.notes')).toContainText('The provider moved: <b>new</b> address');

  await page.getByRole('button', { name: 'Ignore…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('For').selectOption('a week');
  await dialog.getByLabel(/in all/).fill('61');
  await dialog.getByLabel('Reason').fill('known outage');
  await dialog.getByRole('button', { name: 'Ignore' }).click();
  await expect(page.locator('main .badge').first()).toHaveText('ignored');
  await expect(page.locator('main .facts')).toContainText('known outage');
  // One more reaches the limit, and the page learns of it by itself.
  await errors(psql, tag, 1);
  await expect(page.locator('main .badge').first()).toHaveText('open');

  await page.getByRole('button', { name: 'Resolve all…' }).click();
  await dialog.getByLabel(/Note/).fill('address changed');
  await dialog.getByRole('button', { name: 'Resolve 61' }).click();
  await expect(page.locator('main .badge').first()).toHaveText('resolved');
  await expect(page.getByRole('button', { name: 'Ignore…' })).toHaveCount(0);
  await errors(psql, tag, 1);
  await expect(page.locator('main .badge').first()).toHaveText('regressed');
  await page.goto(`${base()}/errors?state=regressed&type=${tag}`);
  await expect(page.locator('.list-count')).toContainText('1 group');
});

test('a group is retried as one, and from an error one comes to its group', async ({ page, psql }) => {
  const tag = unique('again');
  await psql.run(`INSERT INTO marketing.pipeline_events (event_type, payload, status, retry_count, batch_id)
    SELECT 'company_created', jsonb_build_object('record_id', '${tag}-' || n), 'failed', 3, '${tag}' FROM generate_series(1, 3) n`);
  await psql.run(`INSERT INTO marketing.pipeline_errors (event_type, record_id, error_message, event_id)
    SELECT event_type, payload ->> 'record_id', 'The ${tag.replaceAll(/\d/g, 'x')} is broken', id FROM marketing.pipeline_events WHERE batch_id = '${tag}'`);
  await open(page, `/?e_q=${tag.replaceAll(/\d/g, 'x')}`);
  await page.getByRole('button', { name: /^Details of company_created/ }).first().click();
  await page.getByRole('dialog').getByRole('link', { name: 'Errors of the same cause' }).click();
  await expect(page.locator('main h2').first()).toContainText('is broken');
  await page.getByRole('button', { name: 'Retry all…' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('3 of 3 have a failed event');
  await dialog.getByRole('button', { name: 'Retry 3' }).click();
  await expect(dialog.locator('.progress')).toContainText('of 3');
  const action = await psql.run(`SELECT kind, total FROM marketing.pipeline_actions ORDER BY id DESC LIMIT 1`);
  expect(action).toEqual(['retry|3']);
});
