// The list of runs: the figures lead to it, and it has as many rows as they say.
import { base, expect, open, test, unique } from './people';

test('what a card, a tile and a line of the trends count is a list of as many runs', async ({ page, psql }) => {
  const workflow = unique('Send_Runs');
  await psql.run(`INSERT INTO marketing.workflow_stats (workflow_name, status, duration_seconds, error_message)
    SELECT '${workflow}', CASE WHEN n > 58 THEN 'timeout' WHEN n > 55 THEN 'error' ELSE 'ok' END, 1, CASE WHEN n > 55 THEN 'No answer of ${workflow}' END
    FROM generate_series(1, 60) n`);
  const counted = page.locator('main .list-count');
  const rows = page.locator('main tbody tr');
  // Others may run, too: the number is read when the link is followed.
  await expect(async () => {
    await open(page, '/');
    const total = page.locator('[data-phase=delivery] [data-figure=total-runs]');
    const shown = (await total.textContent())!;
    expect(Number(shown.replaceAll(',', ''))).toBeGreaterThanOrEqual(60);
    await total.getByRole('link').click();
    await expect(page).toHaveURL(`${base()}/runs?phase=delivery&newer=1d`);
    await expect(counted).toHaveText(`${shown} runs`, { timeout: 2_000 });
  }).toPass({ timeout: 30_000 });

  await page.goBack();
  await page.locator('[data-phase=delivery] [data-figure=error-rate]').getByRole('link').click();
  await expect(page).toHaveURL(`${base()}/runs?phase=delivery&status=failed&newer=1d`);
  await expect(page.locator('main')).toContainText(`No answer of ${workflow}`);

  await open(page, '/');
  const tile = page.locator(`[title="${workflow}"]`);
  await expect(tile.getByRole('link', { name: '60 runs' })).toBeVisible();
  await tile.getByRole('link', { name: '8.3 %' }).click();
  await expect(page).toHaveURL(`${base()}/runs?workflow=${workflow}&status=failed&newer=1h`);
  await expect(counted).toHaveText('5 runs');
  await expect(rows).toHaveCount(5);
  await page.locator('main').getByLabel('Status').selectOption('timeout');
  await expect(counted).toHaveText('2 runs');

  await open(page, '/trends?range=24h');
  const line = page.getByRole('row', { name: new RegExp(workflow) });
  await line.getByRole('link', { name: '60', exact: true }).click();
  await expect(counted).toHaveText('60 runs');
  await page.locator('main').getByRole('link', { name: 'Older' }).click();
  await expect(rows).toHaveCount(10);
  await psql.run(`INSERT INTO marketing.workflow_stats (workflow_name, status) VALUES ('${workflow}', 'ok')`);
  await expect(counted).toHaveText('61 runs');

  await page.goto(`${base()}/runs?workflow=${workflow}&status=faild`);
  await expect(page.locator('main .problem')).toContainText('“faild” is none that is known');
  await psql.run(`DELETE FROM marketing.workflow_stats WHERE workflow_name = '${workflow}'`);
  await page.goto(`${base()}/runs?workflow=${workflow}`);
  await expect(page.getByText('No run matches')).toBeVisible();
  await page.getByRole('link', { name: 'Show all runs' }).click();
  await expect(page).toHaveURL(`${base()}/runs`);
});
