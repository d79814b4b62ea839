// Webhooks: made by an admin, the secret seen once, tested, followed delivery by delivery, deleted.
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import AxeBuilder from '@axe-core/playwright';
import { parseCsv } from './data';
import { base, expect, open, test, unique } from './people';

type Message = { body: string; headers: Record<string, string | string[] | undefined> };

/** A receiver on this machine, which the server under test may send to. */
async function receiver() {
  const messages: Message[] = [];
  const state = { status: 200 };
  const server = createServer((request, answer) => {
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      messages.push({ body, headers: request.headers });
      answer.writeHead(state.status).end('Workflow was started');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhook/4f2c90aa-secret-path`;
  return { url, messages, state, close: () => server.close() };
}

test('a webhook is made, its secret seen once, tested, and gets its events', async ({ page, psql }) => {
  const [name, type] = [unique('n8n'), unique('by_hand_')];
  const there = await receiver();
  await open(page, '/webhooks');
  const main = page.locator('main');
  const form = page.getByRole('form', { name: 'Make a webhook' });
  await form.getByLabel('Name').fill(name);
  await form.getByLabel('Address').fill('https://ada:secret@n8n.example.com/');
  await form.getByLabel('Event types, none for all').fill(type);
  await form.getByRole('button', { name: 'Make a webhook' }).click();
  await expect(main.getByRole('alert')).toContainText('Leave name and password out of the address');
  await form.getByLabel('Address').fill(there.url);
  await form.getByRole('button', { name: 'Make a webhook' }).click();
  await expect(page.getByRole('status').filter({ hasText: `The secret of ${name}` })).toBeVisible();
  const secret = await page.getByLabel('The secret').inputValue();
  expect(secret).toMatch(/^[0-9a-f]{64}$/);
  await page.getByRole('button', { name: 'I have it' }).click();
  await expect(page.getByLabel('The secret')).toHaveCount(0);
  const row = main.getByRole('row', { name: new RegExp(name) });
  await expect(row).toContainText('never');
  await expect(row).not.toContainText('secret-path');
  expect((await new AxeBuilder({ page }).include('main').analyze()).violations).toEqual([]);
  await page.reload();
  await expect(row).toBeVisible();
  expect(await page.content()).not.toContain(secret);

  await row.getByRole('link', { name, exact: true }).click();
  await expect(page.getByRole('heading', { level: 2, name })).toBeVisible();
  await expect(main).toContainText('Nothing was sent yet');
  await main.getByRole('button', { name: 'Send a test event' }).click();
  await expect(main.getByRole('status').filter({ hasText: 'The test event: 200' })).toContainText('Workflow was started');
  const [tested] = there.messages;
  const signed = createHmac('sha256', secret).update(`${tested.headers['x-timestamp']}.${tested.body}`).digest('hex');
  expect(tested.headers['x-signature']).toBe(signed);
  expect(JSON.parse(tested.body)).toMatchObject({ event_type: 'webhook_test', payload: { webhook: name } });
  const test = main.locator(`tr[data-event="${JSON.parse(tested.body).event_id}"]`);
  await expect(test).toContainText('delivered');
  await expect(test.locator('.badge').first()).toHaveText('test');
  await expect(test.getByRole('button')).toHaveCount(0);
  await expect(test.getByRole('link')).toHaveCount(0);

  const made = await psql.number(`INSERT INTO marketing.pipeline_events (event_type, payload, status) VALUES ('${type}', '{"record_id": "7"}', 'processed') RETURNING id`);
  await expect.poll(() => there.messages.length, { timeout: 15_000 }).toBe(2);
  expect(there.messages[1].headers['x-idempotency-key']).toBe(String(made));
  expect(JSON.parse(there.messages[1].body)).toMatchObject({ event_id: made, event_type: type, payload: { record_id: '7' } });
  const delivery = main.locator(`tr[data-event="${made}"]`);
  await expect(async () => {
    await page.getByRole('button', { name: 'Refresh' }).click();
    await expect(delivery).toContainText('delivered', { timeout: 1000 });
  }).toPass({ timeout: 15_000 });
  expect((await new AxeBuilder({ page }).include('main').analyze()).violations).toEqual([]);
  await main.getByLabel('State').selectOption('given up');
  await expect(page).toHaveURL(/status=dead/);
  await expect(main).toContainText('No delivery matches');
  await main.getByLabel('State').selectOption('delivered');
  await expect(delivery).toBeVisible();
  const href = (await main.getByRole('link', { name: 'Export' }).getAttribute('href'))!;
  const csv = parseCsv((await (await page.request.get(base() + href)).text()).split('\n').slice(1).join('\n'));
  expect(csv[1].slice(0, 3)).toEqual([String(made), type, 'false']);

  const dialog = page.getByRole('dialog');
  await delivery.getByRole('button', { name: `Deliver event ${made} again` }).click();
  await dialog.getByRole('button', { name: 'Deliver again' }).click();
  await expect(dialog).toBeHidden();
  await expect.poll(() => there.messages.length, { timeout: 15_000 }).toBe(3);

  await main.getByRole('button', { name: 'Change…' }).click();
  await dialog.getByLabel('Name').fill(`${name} again`);
  await dialog.getByRole('button', { name: 'Change', exact: true }).click();
  await expect(page.getByRole('heading', { level: 2, name: `${name} again` })).toBeVisible();
  await main.getByRole('button', { name: `New secret for ${name} again` }).click();
  await dialog.getByRole('button', { name: 'Make a secret' }).click();
  expect(await page.getByLabel('The secret').inputValue()).not.toBe(secret);
  await page.getByRole('button', { name: 'I have it' }).click();
  await main.getByRole('button', { name: `Switch ${name} again off` }).click();
  await dialog.getByRole('button', { name: 'Switch off' }).click();
  await expect(main.getByRole('button', { name: `Switch ${name} again on` })).toBeVisible();

  await main.getByRole('button', { name: `Delete ${name} again` }).click();
  await expect(dialog).toContainText('the record of its deliveries');
  await dialog.getByRole('button', { name: 'Delete', exact: true }).click();
  await expect(page).toHaveURL(/\/webhooks$/);
  await expect(row).toHaveCount(0);
  there.close();
});

test.describe('an operator', () => {
  test.use({ as: 'operator' });

  test('has no business with webhooks', async ({ page }) => {
    await open(page, '/');
    await expect(page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Webhooks' })).toHaveCount(0);
    expect((await page.request.get(`${base()}/webhooks`)).status()).toBe(403);
  });
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('a webhook is made and its secret seen once', async ({ page }) => {
    const name = unique('plain');
    await page.goto(`${base()}/webhooks`);
    const form = page.getByRole('form', { name: 'Make a webhook' });
    await form.getByLabel('Name').fill(name);
    // Nothing is sent there: no event is of this type.
    await form.getByLabel('Event types, none for all').fill(unique('by_hand_'));
    await form.getByLabel('Address').fill('https://ada:secret@n8n.example.com/');
    await form.getByRole('button', { name: 'Make a webhook' }).click();
    await expect(page.getByRole('alert')).toContainText('Leave name and password out of the address');
    await page.getByRole('link', { name: 'Back to the form', exact: true }).click();

    await form.getByLabel('Name').fill(name);
    await form.getByLabel('Event types, none for all').fill(unique('by_hand_'));
    await form.getByLabel('Address').fill('http://127.0.0.1:9/nobody');
    await form.getByRole('button', { name: 'Make a webhook' }).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(`The secret of ${name}`);
    await expect(page.getByLabel('The secret')).toHaveValue(/^[0-9a-f]{64}$/);
    await page.getByRole('link', { name: 'I have it', exact: true }).click();
    await expect(page.locator('main').getByRole('row', { name: new RegExp(name) })).toContainText('127.0.0.1');
  });
});
