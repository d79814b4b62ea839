// What happens elsewhere is told in the corner of every page, to those who want it.
import { expect, open, test, unique } from './people';
import { Server } from './server';

test.use({ as: 'operator' });

const KINDS = ['A resolved error comes back', 'An error of a new kind appears', 'Events wait for more than 10 or 30 minutes', 'An import that I started has ended'];

test('a new kind of error is told on another page, and leads there', async ({ page, psql, context }) => {
  test.setTimeout(90_000);
  const tag = unique('news');
  await open(page, '/account');
  const form = page.locator('form', { has: page.getByRole('heading', { name: 'Notifications' }) });
  // The shared people of the tests want to hear of nothing.
  for (const kind of KINDS) await expect(form.getByRole('checkbox', { name: kind })).not.toBeChecked();
  await form.getByRole('checkbox', { name: KINDS[1] }).check();
  await form.getByRole('button', { name: 'Tell me of these' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'You are told of what you chose.' })).toBeVisible();
  await expect(form.getByRole('checkbox', { name: KINDS[1] })).toBeChecked();
  await expect(form.getByRole('checkbox', { name: KINDS[0] })).not.toBeChecked();

  await context.grantPermissions(['notifications']);
  await form.getByRole('button', { name: 'Show them on this desktop, too' }).click();
  await expect(form).toContainText('this browser shows them on the desktop');
  await form.getByRole('button', { name: 'Stop showing them on the desktop' }).click();
  await expect(form).toContainText('you see none of them');

  const told = page.waitForResponse((answer) => answer.url().endsWith('/api/fn/news_since'));
  await open(page, '/stages');
  await told;
  await psql.run(`INSERT INTO marketing.pipeline_errors (event_type, error_message) VALUES ('${tag}_kind', 'Quite unheard of')`);
  const toast = page.locator('.toast').filter({ hasText: 'An error of a new kind: Quite unheard of' });
  await expect(toast).toBeVisible({ timeout: 40_000 });
  await toast.getByRole('link', { name: 'Show' }).click();
  await expect(page).toHaveURL(/\/errors\/[0-9a-f]+$/);
  await expect(page.locator('main')).toContainText(`${tag}_kind`);
});

test.afterAll(async ({ playwright }) => {
  const { url } = Server.shared();
  const context = await playwright.request.newContext({ storageState: Server.shared().sessionFile('operator') });
  await context.post(`${url}/account/notifications`, { form: {}, headers: { origin: url } });
  await context.dispose();
});
