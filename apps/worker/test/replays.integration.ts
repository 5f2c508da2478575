import { createTestDatabase } from '@granary/db/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createLoadHarness, type LoadHarness } from './load-harness.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const lines = (...rows: string[]) => [...rows, ''].join('\n');
/** Two rows fit; of the others one is too long, one has a stray quote, one is too short. */
const people = lines(
  'id;name;born;height',
  '1;"Ada";13.12.1815;1.65',
  '2;"Grace";09.12.1906;NA',
  '3;Edsger;11.05.1930;1.80;x',
  '4;"Don"ald;10.01.1938;1.90',
  '5;Barbara',
);

let harness: LoadHarness;
beforeAll(async () => {
  harness = await createLoadHarness(owner, database.pool('granary_api'), database.url('granary_worker'));
  harness.startWorker();
});
afterAll(() => harness.close());

interface Ids {
  readonly datasetId: string;
  readonly versionId: string;
}
interface Replay {
  readonly id: string;
  readonly state: string;
  readonly replayed: number | null;
  readonly refused: number | null;
  readonly into: { version: number; changeSet: number } | null;
  readonly error: { kind: string; message: string } | null;
}
interface Quarantined {
  readonly number: number;
  readonly line: number;
  readonly raw: string;
  readonly reason: string;
  readonly column: string | null;
  readonly state: string;
  readonly revision: number;
  readonly correction: string | null;
  readonly replayedInto: { version: number; changeSet: number } | null;
}

const ended = async (ids: Ids) => {
  await expect
    .poll(async () => (await harness.status(ids)).state, { timeout: 30_000, interval: 50 })
    .toBeOneOf(['ready', 'failed']);
  return harness.status(ids);
};
const load = async (content: string, ...rest: [string?, object?, Parameters<LoadHarness['requestLoad']>[4]?]) => {
  const ids = await harness.requestLoad('people.csv', content, ...rest);
  return { ...ids, load: await ended(ids) };
};
const correct = (datasetId: string, version: number, corrections: object[]) =>
  harness.act<{ changed: number; rows: { number: number; revision: number }[] }>('datasets.correctQuarantine', {
    datasetId,
    version,
    corrections,
  });
const finished = async (datasetId: string, replayId: string) => {
  const status = () => harness.act<Replay>('datasets.replayStatus', { datasetId, replayId });
  await expect
    .poll(async () => (await status()).state, { timeout: 30_000, interval: 50 })
    .toBeOneOf(['ready', 'failed']);
  return status();
};
const replay = async (datasetId: string, version: number, request: object = {}) => {
  const { id } = await harness.act<Replay>('datasets.replayQuarantine', { datasetId, version, ...request });
  return finished(datasetId, id);
};
const rowsOf = async (datasetId: string) =>
  (await harness.act<{ rows: unknown[][] }>('datasets.rows', { datasetId })).rows;
const quarantineOf = async (datasetId: string, version: number, state?: string) =>
  (await harness.act<{ items: Quarantined[] }>('datasets.quarantine', { datasetId, version, state })).items;
const accountOf = async (ids: Ids) => {
  const { inputRows, loadedRows, quarantinedRows } = await harness.status(ids);
  return { inputRows, loadedRows, quarantinedRows };
};

describe('a replay', () => {
  test('reads corrected rows as the file was, adds those that fit as one change set, and moves the account', async () => {
    const ids = await load(people);
    const { datasetId } = ids;
    expect(await accountOf(ids)).toEqual({ inputRows: 5, loadedRows: 2, quarantinedRows: 3 });
    const { changed, rows } = await correct(datasetId, 1, [
      { number: 1, revision: 0, text: '3;"Edsger; the first";11.05.1930;1.80' },
      { number: 2, revision: 0, text: '4;Donald;10.01.1938;NA' },
      { number: 3, revision: 0, text: '5;Barbara;soon;1.70' },
    ]);
    expect(changed).toBe(3);
    expect(rows.map(({ revision }) => revision)).toEqual([1, 1, 1]);
    expect(await accountOf(ids)).toEqual({ inputRows: 5, loadedRows: 2, quarantinedRows: 3 });

    const done = await replay(datasetId, 1);
    expect(done).toMatchObject({ state: 'ready', replayed: 2, refused: 1, into: { version: 1, changeSet: 1 } });
    expect(await rowsOf(datasetId)).toEqual([
      [1, 'Ada', '1815-12-13', 1.65],
      [2, 'Grace', '1906-12-09', null],
      [3, 'Edsger; the first', '1930-05-11', 1.8],
      [4, 'Donald', '1938-01-10', null],
    ]);
    expect(await accountOf(ids)).toEqual({ inputRows: 5, loadedRows: 4, quarantinedRows: 1 });
    expect(await quarantineOf(datasetId, 1)).toMatchObject([
      {
        number: 3,
        raw: '5;Barbara',
        correction: '5;Barbara;soon;1.70',
        column: 'born',
        reason: '"soon" is no date, and the column is to be date',
        state: 'open',
        revision: 1,
      },
    ]);
    expect(await quarantineOf(datasetId, 1, 'replayed')).toMatchObject([
      { number: 1, raw: '3;Edsger;11.05.1930;1.80;x', replayedInto: { version: 1, changeSet: 1 } },
      { number: 2, replayedInto: { version: 1, changeSet: 1 } },
    ]);
    const { items } = await harness.act<{ items: object[] }>('datasets.changes', { datasetId });
    expect(items).toMatchObject([
      { kind: 'replay', inserted: 2, updated: 0, deleted: 0, createdBy: harness.identity.userId },
    ]);

    await correct(datasetId, 1, [{ number: 3, revision: 1, text: '5;Barbara;07.11.1939;1.70' }]);
    expect(await replay(datasetId, 1)).toMatchObject({ replayed: 1, refused: 0, into: { changeSet: 2 } });
    expect(await accountOf(ids)).toEqual({ inputRows: 5, loadedRows: 5, quarantinedRows: 0 });
    expect((await rowsOf(datasetId)).at(-1)).toEqual([5, 'Barbara', '1939-11-07', 1.7]);
  });
});
