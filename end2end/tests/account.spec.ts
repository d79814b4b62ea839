// One's own account: where one is signed in, and in which zone one reads times.
import { base, expect, fillSignIn, open, test, unique } from './people';

const NOBODY = { storageState: { cookies: [], origins: [] } };

test('somebody finds the browser they forgot, and signs it out from here', async ({ page, browser }) => {
  // Somebody of this test's own: the others' sessions serve the whole run.
  const name = unique('sessions');
  await open(page, '/users');
  const form = page.getByRole('form', { name: 'Invite somebody' });
  await form.getByLabel('Name').fill(name);
  await form.getByRole('button', { name: 'Invite' }).click();
  const password = await page.getByLabel('The password').inputValue();

  const contexts = await Promise.all([browser.newContext(NOBODY), browser.newContext({ ...NOBODY, javaScriptEnabled: false })]);
  const [here, there] = await Promise.all(contexts.map((context) => context.newPage()));
  for (const one of [here, there]) {
    await one.goto(`${base()}/sign-in?next=/account`);
    await fillSignIn(one, name, password);
    await expect(one.getByRole('heading', { level: 1, name: 'Account' })).toBeVisible();
  }
  await open(here, '/account');
  const rows = here.getByRole('region', { name: 'Sessions' }).locator('tbody tr');
  await expect(rows).toHaveCount(2);
  await expect(rows.nth(0)).toContainText('Chrome on Linux');
  await expect(rows.nth(0)).toContainText('this one');
  await expect(rows.nth(0).getByRole('button')).toHaveCount(0);
  await rows.nth(1).getByRole('button', { name: 'Sign out: Chrome on Linux' }).click();
  await expect(here.locator('main [role=status]')).toHaveText('You are signed out there.');
  await expect(rows).toHaveCount(1);
  await there.goto(`${base()}/companies`);
  await expect(there).toHaveURL(/\/sign-in\?next=%2Fcompanies$/);

  // The forms do without JavaScript, too.
  await fillSignIn(there, name, password);
  await expect(there).toHaveURL(/\/companies$/);
  await there.goto(`${base()}/account`);
  await there.getByRole('button', { name: 'Sign out everywhere else' }).click();
  await expect(there.locator('main [role=status]')).toHaveText('You are signed out there.');
  await here.goto(`${base()}/`);
  await expect(here).toHaveURL(/\/sign-in/);
  for (const context of contexts) await context.close();
});

test.describe('in another zone', () => {
  test.use({ as: 'viewer', timezoneId: 'Asia/Tokyo' });
  test.afterEach(async ({ psql }) => {
    await psql.run(`UPDATE app.users SET time_zone = 'UTC' WHERE name = 'viewer'`);
  });

  test('times follow what one chose, on the page that was rendered and on the next one', async ({ page, psql }) => {
    const tag = unique('zoned');
    const year = new Date().getUTCFullYear();
    await psql.run(`INSERT INTO marketing.pipeline_errors (event_type, error_message, created_at) VALUES ('${tag}', 'Zoned', '${year}-03-01 23:30:00+00')`);
    for (const [label, shown] of [['America/New York', '1 Mar 18:30:00'], ["This browser's zone", '2 Mar 08:30:00'], ['UTC', '1 Mar 23:30:00']]) {
      await open(page, '/account');
      await page.getByLabel('Time zone').selectOption({ label });
      await page.getByRole('button', { name: 'Show times so' }).click();
      await expect(page.locator('main [role=status]')).toHaveText('Times are shown as you chose.');
      await expect(page.getByLabel('Time zone').locator('option:checked')).toHaveText(label);

      await open(page, `/errors?type=${tag}`);
      const row = page.locator('main').getByRole('row', { name: new RegExp(tag) });
      await expect(row.locator('time').first()).toHaveText(shown);
      await expect(row.locator('time').first()).toHaveAttribute('title', `1 March ${year}, 23:30:00 UTC`);
      await row.locator('th').getByRole('link').click();
      await expect(page).toHaveURL(/\/errors\/[0-9a-f]{16}/);
      await expect(page.locator('main .facts time').first()).toHaveText(shown);
    }
  });
});
