// What Lighthouse says of the pages that everybody opens, on a desk and on a phone: `make bench`. Times are printed and not
// asserted; what does not depend on the machine is: accessibility and best practices.
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { chromium, expect, test } from '@playwright/test';
import { errors, settled } from './data';
import { base, unique } from './people';
import { Psql } from './psql';
import { Server } from './server';

const FOLDER = 'lighthouse/node_modules';
const PAGES = { 'sign-in': '/sign-in', overview: '/', companies: '/companies', errors: '/errors' };
/** Slowed down as Lighthouse does it: a desk with 10 Mbit/s, a phone with 1.6 Mbit/s and a quarter of the processor's speed. */
const SCREENS = { desk: ['--preset=desktop'], phone: [] };
const CATEGORIES = ['performance', 'accessibility', 'best-practices'];
const RUNS = 3;

type Report = {
  lighthouseVersion: string;
  categories: Record<string, { score: number; auditRefs: { id: string; weight: number }[] }>;
  audits: Record<string, { score: number | null; numericValue: number }>;
};

test.skip(!process.env.BENCH, 'figures are measured by make bench');
test.skip(!existsSync(FOLDER), 'Lighthouse is not installed: scripts/setup bench');

test('@bench Lighthouse', async ({ launchOptions }) => {
  test.setTimeout(1_800_000);
  const psql = new Psql(Server.shared().databaseUrl());
  await settled(psql, unique('lighthouse'), 60);
  await errors(psql, unique('lighthouse'), 60);
  psql.close();
  const port = await Server.freePort();
  // Lighthouse opens its pages where cookies last, so the session must be there: no header of ours reaches a websocket.
  const context = await chromium.launchPersistentContext('', {
    ...launchOptions,
    args: [...launchOptions.args!, `--remote-debugging-port=${port}`],
  });
  for (const [page, path] of Object.entries(PAGES)) {
    // The first page is for those who are not signed in.
    if (path !== PAGES['sign-in']) await context.addCookies(session());
    for (const [screen, flags] of Object.entries(SCREENS)) {
      const reports: Report[] = [];
      for (let n = 0; n < RUNS; n++) reports.push(await lighthouse(base() + path, port, flags));
      const score = (report: Report, category: string) => report.categories[category].score * 100;
      const { [Math.floor(RUNS / 2)]: middle } = reports.toSorted((a, b) => score(a, 'performance') - score(b, 'performance'));
      const value = (audit: string) => middle.audits[audit].numericValue;
      const scores = CATEGORIES.map((category) => `${category} ${score(middle, category).toFixed(0)}`).join(', ');
      console.log(
        `  figure: Lighthouse ${middle.lighthouseVersion}, ${page}, ${screen}, the middle one of ${RUNS}: ${scores}, layout shift ${value('cumulative-layout-shift').toFixed(3)},` +
          ` largest paint ${(value('largest-contentful-paint') / 1000).toFixed(1)} s, interactive ${(value('interactive') / 1000).toFixed(1)} s,` +
          ` blocked ${value('total-blocking-time').toFixed(0)} ms`,
      );
      expect.soft(reports.flatMap(faults), `${page}, ${screen}`).toEqual([]);
    }
  }
  await context.close();
});

/** Of somebody who may do everything, and so sees every control. */
function session() {
  return JSON.parse(readFileSync(Server.shared().sessionFile('admin'), 'utf8')).cookies;
}

async function lighthouse(url: string, port: number, flags: string[]): Promise<Report> {
  // Slowed down in fact: its simulation has the paint wait for the WASM, which no paint does.
  const command = [`${FOLDER}/lighthouse/cli/index.js`, url, `--port=${port}`, '--output=json', '--quiet', '--no-enable-error-reporting',
    '--throttling-method=devtools', `--only-categories=${CATEGORIES}`, ...flags];
  const { stdout } = await promisify(execFile)(`${FOLDER}/node/bin/node`, command, { maxBuffer: 1 << 27 });
  return JSON.parse(stdout);
}

/** The audits that were not passed, of the two categories whose audits time nothing. */
function faults({ categories, audits }: Report): string[] {
  return ['accessibility', 'best-practices'].flatMap((category) =>
    categories[category].auditRefs.filter(({ id, weight }) => weight > 0 && (audits[id].score ?? 1) < 1).map(({ id }) => id),
  );
}
