// What a time came to: the time is in the URL, the charts say what they show, the tables have the figures.
import { base, expect, open, test, unique } from './people';

test('a time is chosen, kept in the URL, and its figures are those of the runs', async ({ page, psql }) => {
  const workflow = unique('WF_Trend');
  await psql.run(`INSERT INTO marketing.workflow_stats (workflow_name, status, duration_seconds, created_at)
    SELECT '${workflow}', CASE WHEN n > 16 THEN 'error' ELSE 'ok' END, n * 0.1, now() - interval '3 days' FROM generate_series(1, 20) n;
    INSERT INTO marketing.workflow_stats (workflow_name, status, duration_seconds) SELECT '${workflow}', 'timeout', 1 FROM generate_series(1, 5) n`);
  await open(page, '/trends');
  const row = page.getByRole('row', { name: new RegExp(workflow) });
  await expect(row).toContainText('25');
  await expect(row).toContainText('36 %');
  for (const chart of ['Runs over time', 'Share of runs', 'Median and 95th']) {
    await expect(page.getByRole('img', { name: new RegExp(`^${chart}`) }).locator('svg:visible')).toHaveCount(1);
  }
  await page.getByRole('link', { name: '24 hours' }).click();
  await expect(page).toHaveURL(`${base()}/trends?range=24h`);
  await expect(row.getByRole('cell').nth(1)).toHaveText('5');
  await page.goBack();
  await expect(row.getByRole('cell').nth(1)).toHaveText('25');
  const [day] = await psql.run(`SELECT (now() AT TIME ZONE 'UTC' - interval '3 days')::DATE`);
  await page.locator('main').getByLabel('From').fill(day);
  await expect(page).toHaveURL(`${base()}/trends?from=${day}`);
  await expect(row.getByRole('cell').nth(1)).toHaveText('20');
  await expect(page.getByRole('table', { name: 'Runs by weekday and hour in UTC' }).getByRole('row')).toHaveCount(8);
  // A day is told by the hour.
  await page.getByText('The figures as a table').first().click();
  await expect(page.getByRole('region', { name: 'Runs over time' }).getByRole('row')).toHaveCount(25);
  await psql.run(`DELETE FROM marketing.workflow_stats WHERE workflow_name = '${workflow}'`);
  await page.goto(`${base()}/trends?from=2026-03-05&until=2026-03-01`);
  await expect(page.locator('main')).toContainText('The time ends before it begins');
});

test('a part of a time is chosen by dragging over a chart, and the queue has its own', async ({ page, psql }) => {
  const workflow = unique('WF_Drag');
  await psql.run(`INSERT INTO marketing.workflow_stats (workflow_name, status, duration_seconds) VALUES ('${workflow}', 'ok', 1);
    SELECT marketing.sample_queue_depth()`);
  await open(page, '/trends?range=24h');
  await expect(page.getByRole('img', { name: /^Queue over time/ }).locator('svg:visible')).toHaveCount(1);
  const rowsOf = (table: string) => page.locator(`[aria-label="${table}"] tr`);
  await expect(rowsOf('Queue over time')).toHaveCount(26);
  const chart = await page.locator('.brush').first().boundingBox();
  const y = chart!.y + chart!.height / 2;
  await page.mouse.move(chart!.x + chart!.width * 0.5, y);
  await page.mouse.down();
  await page.mouse.move(chart!.x + chart!.width * 0.7, y, { steps: 4 });
  await expect(page.locator('.brush-shade')).toBeVisible();
  await page.mouse.up();
  await expect(page).toHaveURL(/\/trends\?from=[^&]+Z&until=[^&]+Z$/);
  const query = new URL(page.url()).searchParams;
  const hours = (Date.parse(query.get('until')!) - Date.parse(query.get('from')!)) / 3_600_000;
  expect(hours).toBeGreaterThan(3);
  expect(hours).toBeLessThan(9);
  await expect(rowsOf('Runs over time')).toHaveCount(hours + 1);
  await page.goBack();
  await expect(page).toHaveURL(`${base()}/trends?range=24h`);
  await psql.run(`DELETE FROM marketing.workflow_stats WHERE workflow_name = '${workflow}'`);
});
