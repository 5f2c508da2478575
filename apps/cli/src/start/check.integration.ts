import { expect, test } from 'vitest';
import { z } from 'zod';
import { sampleFiles } from '../samples/sample-files.ts';
import { startCli } from '../testing/cli-process.ts';
import { leftBehind } from '../testing/left-behind.ts';

const amount = z.int().positive();
const resultLine = z.object({
  ok: z.boolean(),
  datasets: z.array(z.object({ name: z.string(), rows: amount, quarantined: z.int(), seconds: z.number().positive() })),
  ownerRows: z.int(),
  foreignAttempts: z.int(),
  intruderRows: z.int(),
  colleagueRows: z.int(),
  sharedRows: z.int(),
  unsharedRows: z.int(),
  signInSteps: z.int(),
  signInRefusals: z.int(),
  webhook: z
    .object({ deliveryId: z.uuid(), type: z.string(), seconds: z.number(), isSigned: z.boolean(), refusals: z.int() })
    .nullable(),
  pipeline: z
    .object({
      runId: z.uuid(),
      rows: z.array(amount),
      seconds: z.number().positive(),
      lineage: z.int(),
      blockVersion: z.int(),
      impact: amount,
      refusals: z.int(),
    })
    .nullable(),
  crawl: z
    .object({
      plugins: z.int(),
      snapshots: z.int(),
      requests: z.int(),
      notModified: z.int(),
      changed: z.array(z.int()),
    })
    .nullable(),
  problems: z.array(z.string()),
  seconds: z.number().positive(),
});

/** Starts a check in an environment that must not matter to it. */
const startCheck = () =>
  startCli(['start', '--check'], { DATABASE_URL: 'postgres://a:b@127.0.0.1:1/c', GRANARY_DB_TLS: 'require' });

/** The one line that it prints. */
function resultOf(stdout: string): z.output<typeof resultLine> {
  expect(stdout).toMatch(/^[^\n]+\n$/);
  return resultLine.parse(JSON.parse(stdout));
}

test('a check does the main job, proves who sees what, prints one line and leaves nothing', async () => {
  const { pid, output, ended } = startCheck();
  const code = await ended;
  const expected = await Promise.all(
    sampleFiles.map(async ({ name, expect: count }) => ({ name, rows: (await count()).rows, quarantined: 0 })),
  );
  const result = resultOf(output.stdout);
  expect(result).toMatchObject({ ok: true, problems: [], intruderRows: 0, colleagueRows: 0, unsharedRows: 0 });
  expect(result.datasets).toMatchObject(expected);
  expect(result.sharedRows).toBe(Math.min(...expected.map(({ rows }) => rows)));
  expect(result.ownerRows).toBeGreaterThan(4000);
  expect(result.foreignAttempts).toBeGreaterThan(2 * sampleFiles.length * 20);
  expect(result.signInSteps).toBe(12);
  expect(result.signInRefusals).toBe(13);
  expect(result.webhook).toMatchObject({ type: 'dataset.loaded', isSigned: true, refusals: 4 });
  expect(result.pipeline).toMatchObject({ rows: [14865, 1714, 6], lineage: 4, blockVersion: 2, refusals: 5 });
  // robots.txt, a sitemap with two shards and six items; the second time nothing has changed, the third time five listings have
  expect(result.crawl).toMatchObject({ plugins: 6, requests: 1 + 3 * 9, notModified: 9, changed: [6, 0, 5] });
  expect(code).toBe(0);
  expect(await leftBehind(pid)).toEqual([]);
});

test('a check that is interrupted says so, fails and leaves nothing', async () => {
  const { pid, output, ended, written, kill } = startCheck();
  await written(/^zipcodes: 42,049 rows/m);
  expect(await leftBehind(pid)).not.toEqual([]); // or what follows could not fail
  kill('SIGINT');
  expect(await ended).toBe(1);
  expect(resultOf(output.stdout)).toMatchObject({ ok: false, problems: ['interrupted by SIGINT'] });
  expect(await leftBehind(pid)).toEqual([]);
});
