import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createTestDatabase } from '@granary/db/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createLoadHarness, type LoadHarness } from './load-harness.ts';

const corpus = process.env.GRANARY_CORPUS ?? path.join(import.meta.dirname, '../../../../shared/data');
const files = ['csv-health', 'csv-messy'].flatMap((folder) => {
  const whole = path.join(corpus, folder);
  return existsSync(whole) ? readdirSync(whole).map((name) => path.join(folder, name)) : [];
});
if (files.length === 0)
  console.warn(`skipped: loading the corpus of real files (${corpus} is not there; GRANARY_CORPUS names another)`);

interface Page {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly (readonly unknown[])[];
}

describe.runIf(files.length > 0)('every real file', () => {
  let harness: LoadHarness;
  let database: Awaited<ReturnType<typeof createTestDatabase>>;
  const loads = new Map<string, { datasetId: string; versionId: string }>();
  beforeAll(async () => {
    database = await createTestDatabase();
    harness = await createLoadHarness(
      database.pool('postgres'),
      database.pool('granary_api'),
      database.url('granary_worker'),
    );
    for (const file of files)
      loads.set(file, await harness.requestLoad(path.basename(file), readFileSync(path.join(corpus, file))));
    harness.startWorker();
    harness.startWorker();
  });
  afterAll(() => harness.close());

  test.for(files)('%s becomes a table with all of its rows', async (file) => {
    const ids = loads.get(file)!;
    await expect.poll(async () => (await harness.status(ids)).state, { interval: 250 }).toBeOneOf(['ready', 'failed']);
    const load = await harness.status(ids);
    expect(load.error).toBeNull();
    expect(load.inputRows).toBe((load.loadedRows ?? 0) + (load.quarantinedRows ?? 0));
    const chunks = await database
      .pool('postgres')
      .query<{ name: string }>(
        `select relname as name from pg_class where relnamespace = 'data'::regnamespace and relkind = 'r' and relname like $1`,
        [`v\\_${ids.versionId.replaceAll('-', '')}\\_%`],
      );
    expect(chunks.rows.length).toBeGreaterThan(0);
    for (const { name } of chunks.rows) {
      const { rows } = await database
        .pool('postgres')
        .query<{ n: number }>(`select count(*)::int as n from data."${name}"`);
      expect(rows[0]?.n).toBe(load.loadedRows);
    }
  });

  test.runIf(files.includes('csv-health/nci60-gene-expression.csv')).for([
    ['csv-health/nci60-gene-expression.csv', 6832],
    ['csv-health/microbiome-otu-table.csv', 4319],
  ] as const)('%s, spread over chunk tables, comes back as the one table that it is', async ([file, width]) => {
    const { datasetId } = loads.get(file)!;
    const page = await harness.act<Page>('datasets.rows', { datasetId, limit: 3 });
    const lines = readFileSync(path.join(corpus, file), 'utf8').split(/\r?\n/).slice(1, 4);
    expect(page.columns).toHaveLength(width);
    const cells = lines.map((line) => line.split(',').map((cell) => cell.replace(/^"(.*)"$/, '$1')));
    // numeric comes as text, with all of its digits
    const comparable = (cell: unknown, column: number) => (page.columns[column]?.type === 'text' ? cell : Number(cell));
    for (const [at, row] of page.rows.entries()) expect(row.map(comparable)).toEqual(cells[at]!.map(comparable));
  });
});
