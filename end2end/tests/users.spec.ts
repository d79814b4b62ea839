// People: invited by an admin with a password that is told once, and in charge of it from then on.
import AxeBuilder from '@axe-core/playwright';
import { downloaded } from './data';
import { base, expect, fillSignIn, open, test, unique } from './people';

test('people are found by name, role and state, and taken away so', async ({ page, psql }) => {
  const name = unique('found');
  await psql.run(`INSERT INTO app.users (name, role, password_hash, disabled) VALUES ('${name} one', 'viewer', '-', TRUE), ('${name} two', 'operator', '-', FALSE)`);
  await open(page, '/users');
  const main = page.locator('main');
  const rows = main.getByRole('region', { name: 'Users' }).locator('tbody tr');
  await main.getByRole('searchbox', { name: 'Part of a name' }).fill(name);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/q=found/);
  await expect(rows).toHaveCount(2);
  await expect(main).toContainText('2 people');
  const filters = main.locator('.filters').filter({ hasText: 'any state' });
  await filters.getByLabel('State').selectOption('disabled');
  await expect(page).toHaveURL(/state=disabled/);
  await expect(rows).toHaveCount(1);
  await expect(rows).toContainText(`${name} one`);
  const file = await downloaded(page.locator('header.top'), 'Export');
  expect(file.name).toMatch(/^users_q-found.*_state-disabled_/);
  expect(file.comment).toContain('state=disabled');
  expect(file.rows.slice(1).map((row) => row[0])).toEqual([`${name} one`]);
  await filters.getByLabel('Role').selectOption('operator');
  await expect(page).toHaveURL(/role=operator/);
  await expect(main).toContainText('Nobody matches');
  await page.goBack();
  await expect(rows).toHaveCount(1);
  await psql.run(`DELETE FROM app.users WHERE name LIKE '${name} %'`);
});

test('somebody is invited, signs in, and takes a password of their own', async ({ page, browser }) => {
  const name = unique('ada');
  await open(page, '/users');
  const form = page.getByRole('form', { name: 'Invite somebody' });
  await form.getByLabel('Name').fill(name);
  await form.getByLabel('Role').selectOption('operator');
  await form.getByRole('button', { name: 'Invite' }).click();
  await expect(page.getByRole('status').filter({ hasText: `${name} may sign in as operator` })).toBeVisible();
  const password = await page.getByLabel('The password').inputValue();
  await page.getByRole('button', { name: 'I have it' }).click();
  await expect(page.getByLabel('The password')).toHaveCount(0);
  const row = page.getByRole('row', { name: new RegExp(name) });
  await expect(row).toContainText('never');

  const context = await browser.newContext({ storageState: { cookies: [], origins: [] } });
  const theirs = await context.newPage();
  await theirs.goto(`${base()}/sign-in`);
  await fillSignIn(theirs, name, password);
  await theirs.getByRole('button', { name: `Account: ${name}` }).click();
  await theirs.getByRole('link', { name: 'Your account', exact: true }).click();
  await expect(theirs.getByRole('heading', { level: 1, name: 'Account' })).toBeVisible();
  const change = async (present: string, next: string, again: string) => {
    await theirs.getByLabel('Present password').fill(present);
    await theirs.getByLabel('New password', { exact: true }).fill(next);
    await theirs.getByLabel('New password again').fill(again);
    await theirs.getByRole('button', { name: 'Change the password' }).click();
  };
  await change(password, 'a password of my own', 'another one of mine');
  await expect(theirs.getByRole('alert')).toContainText('are not the same');
  await change('not my password', 'a password of my own', 'a password of my own');
  await expect(theirs.getByRole('alert')).toContainText('The present password is wrong');
  await change(password, 'a password of my own', 'a password of my own');
  await expect(theirs.locator('main [role=status]')).toContainText('The password is changed');

  await page.reload();
  await row.getByRole('button', { name: `Disable ${name}` }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText(`${name} is signed out everywhere`);
  await dialog.getByRole('button', { name: 'Disable' }).click();
  await expect(row).toContainText('disabled');
  await theirs.goto(`${base()}/`);
  await expect(theirs).toHaveURL(/sign-in/);
  await context.close();
});

test('the pages that answer without JavaScript are for everyone, too', async ({ page }) => {
  const name = unique('axe');
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    for (const [path, heading] of [['/users/invite', 'may sign in as viewer'], ['/users/password', 'New password for']]) {
      await open(page, '/users');
      // Sends the form as a browser does that runs nothing of ours.
      await page.locator(`form[action="${path}"]`).last().evaluate((form: HTMLFormElement, name) => {
        form.querySelector<HTMLInputElement>('[name=name]')!.value = name;
        form.submit();
      }, `${name}-${scheme}`);
      await expect(page.getByRole('heading', { level: 1 })).toContainText(heading);
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(violations.map(({ id }) => `${path} ${id}`)).toEqual([]);
    }
  }
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('somebody is invited and gets another password', async ({ page, browser }) => {
    const name = unique('plain');
    await page.goto(`${base()}/users`);
    const form = page.getByRole('form', { name: 'Invite somebody' });
    await form.getByLabel('Name').fill(name);
    await form.getByLabel('Role').selectOption('operator');
    await form.getByRole('button', { name: 'Invite' }).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(`${name} may sign in as operator`);
    const first = await page.getByLabel('The password').inputValue();
    await page.getByRole('link', { name: 'I have it', exact: true }).click();
    await expect(page).toHaveURL(`${base()}/users`);

    const row = page.locator('main').getByRole('row', { name: new RegExp(`^${name}`) });
    await row.getByRole('button', { name: `New password for ${name}` }).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(`New password for ${name}`);
    await page.getByRole('button', { name: 'Make a password' }).click();
    const second = await page.getByLabel('The password').inputValue();
    expect(second).not.toBe(first);
    const context = await browser.newContext({ storageState: { cookies: [], origins: [] }, javaScriptEnabled: false });
    const theirs = await context.newPage();
    await theirs.goto(`${base()}/sign-in?next=/account`);
    await fillSignIn(theirs, name, second);
    await expect(theirs.getByRole('heading', { level: 1, name: 'Account' })).toBeVisible();
    await context.close();

    // What is refused says why, and leads back.
    await page.goto(`${base()}/users`);
    await form.getByLabel('Name').fill(name);
    await form.getByRole('button', { name: 'Invite' }).click();
    await expect(page.getByRole('alert')).toContainText(`somebody called ${name} already`);
    await page.getByRole('link', { name: 'Back to the form', exact: true }).click();
    await expect(form).toBeVisible();
  });
});
