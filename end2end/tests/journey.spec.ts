// The main job: sign in, import a file, watch it flow, deal with what failed.
import { companies } from './data';
import { base, expect, live, open, signIn, test, unique } from './people';

test.use({ as: null });

test('a file is imported and its companies flow to verified addresses without a reload', { tag: '@firefox' }, async ({ page, context }) => {
  test.setTimeout(120_000);
  const tag = unique('journey');
  await signIn(page, 'admin', '/imports');
  await live(page);
  const overview = await context.newPage();
  await open(overview, '/');
  const figure = (stage: string) => overview.locator(`[data-stage=${stage}] [data-figure=done]`);
  const number = async (stage: string) => Number((await figure(stage).textContent())!.replaceAll(',', ''));
  const before = { import: await number('import'), slots: await number('slots'), verify: await number('verify') };
  const loads = { count: 0 };
  overview.on('load', () => loads.count++);

  await page.locator('input[type=file]').setInputFiles({ name: `${tag}.csv`, mimeType: 'text/csv', buffer: companies(tag, 60) });
  await expect(page).toHaveURL(new RegExp(`/imports/\\d+-${tag}-`));
  await expect(page.getByLabel('Column Website goes to')).toHaveValue('website');
  await page.getByRole('button', { name: 'Import', exact: true }).click();
  await expect(page.getByText('completed').first()).toBeVisible();
  await expect(page.getByText('Duplicate of line 2 in this file')).toBeVisible();

  // Sixty-one rows are taken in; the one without a website is rejected, each other one gets three roles.
  await expect.poll(() => number('import'), { timeout: 30_000 }).toBe(before.import + 61);
  await expect.poll(() => number('slots'), { timeout: 30_000 }).toBe(before.slots + 180);
  await expect.poll(() => number('verify'), { timeout: 60_000 }).toBeGreaterThan(before.verify);
  expect(loads.count).toBe(0);

  await page.getByRole('link', { name: '1 Rejected by validation' }).click();
  await expect(page.locator('main tbody tr')).toHaveCount(1);
  await expect(page.locator('main tbody tr')).toContainText(`No site of ${tag}`);
  await expect(page).toHaveURL(`${base()}/companies?batch=${encodeURIComponent((await page.locator('main tbody tr [data-label=Batch]').textContent())!)}&state=rejected`);
});
