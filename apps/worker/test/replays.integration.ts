import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createTestDatabase } from '@granary/db/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createLoadHarness, type LoadHarness, type LoadIds } from './load-harness.ts';

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

const load = async (content: string, ...rest: [string?, object?, Parameters<LoadHarness['requestLoad']>[4]?]) => {
  const ids = await harness.requestLoad('people.csv', content, ...rest);
  return { ...ids, load: await harness.ended(ids) };
};
const correct = (datasetId: string, version: number, corrections: object[]) =>
  harness.act<{ changed: number; rows: { number: number; revision: number }[] }>('datasets.correctQuarantine', {
    datasetId,
    version,
    corrections,
  });
const finished = async (datasetId: string, replayId: string) => {
  const status = () => harness.act<Replay>('datasets.replayStatus', { datasetId, replayId });
  await expect.poll(async () => (await status()).state, { interval: 50 }).toBeOneOf(['ready', 'failed']);
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
const accountOf = async (ids: LoadIds) => {
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

  test('takes each correction by itself: one that opens a quote takes no other along, one of two rows is refused', async () => {
    const ids = await load(people);
    const { datasetId } = ids;
    await correct(datasetId, 1, [
      { number: 1, text: '3;"Edsger;11.05.1930;1.80' },
      { number: 2, text: '4;"Don\nald";10.01.1938;1.90\r\n' },
      { number: 3, text: '5;Barbara;07.11.1939;1.70\n6;Tony;11.01.1934;1.8' },
    ]);
    expect(await replay(datasetId, 1)).toMatchObject({ replayed: 1, refused: 2 });
    expect((await rowsOf(datasetId)).at(-1)).toEqual([4, 'Don\nald', '1938-01-10', 1.9]);
    expect((await quarantineOf(datasetId, 1)).map(({ number, reason }) => [number, reason])).toEqual([
      [1, 'a quote is opened and never closed'],
      [3, 'it is more than one row'],
    ]);
    expect(await accountOf(ids)).toEqual({ inputRows: 5, loadedRows: 3, quarantinedRows: 2 });
  });

  test('of all rows reads them as the options say now, and leaves alone what was dismissed', async () => {
    const typed = { types: { id: 'bigint', name: 'text', height: 'double precision' } };
    const ids = await load(
      lines('id,name,height', '1,Ada,1.65', '2,Grace,tall', '3,Edsger,short', '4,Don,huge'),
      undefined,
      typed,
    );
    const { datasetId } = ids;
    await harness.act('datasets.dismissQuarantine', {
      datasetId,
      version: 1,
      quarantined: [{ number: 1, revision: 0 }],
      reason: 'asked: she does not know',
    });
    await expect(replay(datasetId, 1)).rejects.toMatchObject({ kind: 'precondition', details: { reason: 'nothing' } });
    const done = await replay(datasetId, 1, { rows: 'all', options: { nullValues: ['huge', 'tall'] } });
    expect(done).toMatchObject({ replayed: 1, refused: 1 });
    expect(await rowsOf(datasetId)).toEqual([
      [1, 'Ada', 1.65],
      [4, 'Don', null],
    ]);
    expect(await quarantineOf(datasetId, 1)).toMatchObject([
      { number: 1, state: 'dismissed', revision: 1 },
      { number: 2, state: 'open', revision: 0, column: 'height' },
    ]);
    await harness.act('datasets.reopenQuarantine', {
      datasetId,
      version: 1,
      quarantined: [{ number: 1, revision: 1 }],
    });
    expect(
      await replay(datasetId, 1, { rows: 'all', reason: 'tall', options: { nullValues: ['tall', 'short'] } }),
    ).toMatchObject({
      replayed: 1,
      refused: 0,
    });
    expect(await accountOf(ids)).toEqual({ inputRows: 4, loadedRows: 3, quarantinedRows: 1 });
  });

  test('into a version that an alias holds goes into a copy of it, which is current then', async () => {
    const ids = await load(people);
    const { datasetId } = ids;
    await harness.act('datasets.setAlias', { datasetId, name: 'published', version: 1 });
    await correct(datasetId, 1, [{ number: 3, text: '5;Barbara;07.11.1939;1.70' }]);
    expect(await replay(datasetId, 1)).toMatchObject({ replayed: 1, into: { version: 2, changeSet: 1 } });
    expect(await rowsOf(datasetId)).toHaveLength(3);
    const held = await harness.act<{ rows: unknown[] }>('datasets.rows', { datasetId, version: 'published' });
    expect(held.rows).toHaveLength(2);
    // the delivery's rows are among those of the copy: what is left of its quarantine can follow
    await correct(datasetId, 1, [{ number: 1, text: '3;Edsger;11.05.1930;1.80' }]);
    expect(await replay(datasetId, 1)).toMatchObject({ replayed: 1, into: { version: 2, changeSet: 2 } });
    expect(await accountOf(ids)).toEqual({ inputRows: 5, loadedRows: 4, quarantinedRows: 1 });
  });

  test('that is taken back returns its rows to quarantine', async () => {
    const ids = await load(people);
    const { datasetId } = ids;
    await correct(datasetId, 1, [{ number: 3, text: '5;Barbara;07.11.1939;1.70' }]);
    await replay(datasetId, 1);
    await harness.act('datasets.revert', { datasetId, version: 1, number: 1 });
    expect(await rowsOf(datasetId)).toHaveLength(2);
    expect(await accountOf(ids)).toEqual({ inputRows: 5, loadedRows: 2, quarantinedRows: 3 });
    expect((await quarantineOf(datasetId, 1)).at(-1)).toMatchObject({ number: 3, state: 'open', revision: 3 });
    expect(await replay(datasetId, 1)).toMatchObject({ replayed: 1, into: { changeSet: 3 } });
    expect(await accountOf(ids)).toEqual({ inputRows: 5, loadedRows: 3, quarantinedRows: 2 });
  });

  test('that is taken back from a version that an alias holds returns its rows as well: the copy is without them', async () => {
    const ids = await load(people);
    const { datasetId } = ids;
    await correct(datasetId, 1, [{ number: 3, text: '5;Barbara;07.11.1939;1.70' }]);
    await replay(datasetId, 1);
    await harness.act('datasets.setAlias', { datasetId, name: 'cited', version: 1 });
    await harness.act('datasets.revert', { datasetId, version: 1, number: 1 });
    expect(await rowsOf(datasetId)).toHaveLength(2);
    expect((await quarantineOf(datasetId, 1)).map(({ state }) => state)).toEqual(['open', 'open', 'open']);
    expect(await replay(datasetId, 1)).toMatchObject({ replayed: 1, into: { version: 2 } });
    expect(await rowsOf(datasetId)).toHaveLength(3);
  });

  test('of an appended file adds to the version that it went into, and one of an upsert goes by its key', async () => {
    const { datasetId } = await load(lines('id,name,born', '1,Ada,1815-12-10', '2,Grace,1906-12-09'));
    const appended = await load(lines('id,name', '3,Edsger', '4,Don,ald'), datasetId, {}, { mode: 'append' });
    await correct(datasetId, 2, [{ number: 1, text: '4,Donald' }]);
    expect(await replay(datasetId, 2)).toMatchObject({ replayed: 1, into: { version: 1, changeSet: 2 } });
    expect(await accountOf(appended)).toEqual({ inputRows: 2, loadedRows: 2, quarantinedRows: 0 });

    const upserted = await load(
      lines('id,name', '5,Barbara', '2,Grace,Hopper', ',Tony', '7,John,x'),
      datasetId,
      {},
      {
        mode: 'upsert',
        keyColumns: ['id'],
      },
    );
    expect(upserted.load).toMatchObject({ loadedRows: 1, quarantinedRows: 3 });
    await correct(datasetId, 3, [
      { number: 1, text: '2,Grace Hopper' },
      { number: 2, text: '7,John' },
      { number: 3, text: '7,Jon' },
    ]);
    expect(await replay(datasetId, 3)).toMatchObject({ replayed: 1, refused: 2, into: { version: 1, changeSet: 4 } });
    expect(await rowsOf(datasetId)).toEqual([
      [1, 'Ada', '1815-12-10'],
      [2, 'Grace Hopper', '1906-12-09'],
      [3, 'Edsger', null],
      [4, 'Donald', null],
      [5, 'Barbara', null],
    ]);
    expect((await quarantineOf(datasetId, 3)).map(({ reason }) => reason)).toEqual([
      'other rows of the file have the same key',
      'other rows of the file have the same key',
    ]);
    const versions = await harness.act<{ items: object[] }>('datasets.versions', { datasetId });
    expect(versions.items).toMatchObject([
      { number: 3, state: 'merged', rows: 2 },
      { number: 2, state: 'merged', rows: 2 },
      { number: 1, state: 'ready', rows: 5 },
    ]);
  });

  test('of a wide file fills all of its chunk tables', async () => {
    const columns = Array.from({ length: 900 }, (_, index) => `c${index}`);
    const row = (value: string) => columns.map((_, index) => (index % 300 === 0 ? value : 'x')).join(',');
    const ids = await load(lines(columns.join(','), row('1'), row('2'), `${row('3')},more`));
    const { datasetId } = ids;
    await correct(datasetId, 1, [{ number: 1, text: row('3') }]);
    expect(await replay(datasetId, 1)).toMatchObject({ replayed: 1, refused: 0 });
    const page = await harness.act<{ rows: unknown[][] }>('datasets.rows', {
      datasetId,
      columns: ['c0', 'c300', 'c600', 'c899'],
    });
    expect(page.rows.at(-1)).toEqual([3, 3, 3, 'x']);
    expect(await accountOf(ids)).toEqual({ inputRows: 3, loadedRows: 3, quarantinedRows: 0 });
  });

  test('of a JSON Lines file reads objects', async () => {
    const content = lines('{"id":1,"tags":["a"]}', '{"id":2,"tags":[]}', '{"id":3,"tags":["c"]', '{"id":4,"id":5}');
    const ids = await harness.requestLoad('people.jsonl', content);
    await harness.ended(ids);
    const { datasetId } = ids;
    await correct(datasetId, 1, [
      { number: 1, text: '{"tags": ["c"],\n"id": 3}' },
      { number: 2, text: '{"id": 4, "name": "Don"}' },
    ]);
    expect(await replay(datasetId, 1)).toMatchObject({ replayed: 1, refused: 1 });
    expect((await rowsOf(datasetId)).at(-1)).toEqual([3, ['c']]);
    expect(await quarantineOf(datasetId, 1)).toMatchObject([
      { number: 2, reason: 'no row of the file has the key "name"' },
    ]);
    expect(await accountOf(ids)).toEqual({ inputRows: 4, loadedRows: 3, quarantinedRows: 1 });
  });

  test('is refused where the rows of the file are no longer among the current ones', async () => {
    const { datasetId } = await load(people);
    await correct(datasetId, 1, [{ number: 3, text: '5;Barbara;07.11.1939;1.70' }]);
    await load(lines('id,name', '1,Ada'), datasetId);
    await expect(replay(datasetId, 1)).rejects.toMatchObject({
      kind: 'precondition',
      details: { reason: 'notCurrent' },
    });
  });
});

describe('two at once', () => {
  test('a correction while a replay reads is no part of it: the replay begins anew and takes the later one', async () => {
    const fresh = await createTestDatabase();
    const paused = path.join(harness.workDirectory, 'paused');
    await writeFile(paused, '');
    const other = await createLoadHarness(
      fresh.pool('postgres'),
      fresh.pool('granary_api'),
      fresh.url('granary_worker'),
    );
    try {
      const worker = other.startWorker('spooled', { PAUSE_WHILE: paused });
      const ids = await other.requestLoad('people.csv', people);
      await expect.poll(async () => (await other.status(ids)).state).toBe('ready');
      const { datasetId } = ids;
      const say = (name: string) =>
        other.act('datasets.correctQuarantine', {
          datasetId,
          version: 1,
          corrections: [{ number: 3, text: `5;${name};07.11.1939;1.70` }],
        });
      await say('Barbara');
      const { id: replayId } = await other.act<Replay>('datasets.replayQuarantine', { datasetId, version: 1 });
      await worker.said('paused');
      await say('Barbara Liskov');
      await rm(paused);
      await expect
        .poll(async () => other.act('datasets.replayStatus', { datasetId, replayId }))
        .toMatchObject({ state: 'ready', replayed: 1 });
      const { rows } = await other.act<{ rows: unknown[][] }>('datasets.rows', { datasetId });
      expect(rows.slice(2)).toEqual([[5, 'Barbara Liskov', '1939-11-07', 1.7]]);
    } finally {
      await rm(paused, { force: true });
      await other.close();
    }
  });

  test('a replay waits in the queue while a job copies the current version, and goes into the copy', async () => {
    const fresh = await createTestDatabase();
    const jobs = fresh.pool('postgres');
    const other = await createLoadHarness(jobs, fresh.pool('granary_api'), fresh.url('granary_worker'));
    try {
      const first = other.startWorker();
      const ids = await other.requestLoad('people.csv', people);
      const { datasetId } = ids;
      await expect.poll(async () => (await other.status(ids)).state).toBe('ready');
      first.child.kill('SIGTERM');
      await once(first.child, 'exit');
      await other.act('datasets.setAlias', { datasetId, name: 'kept', version: 1 });
      await other.act('datasets.copyVersion', { datasetId });
      // as if the worker that copies took long: its job is not given to anybody
      await jobs.query(`update jobs.job set start_after = 'infinity' where name = 'dataset.copy'`);
      const corrections = [{ number: 3, text: '5;Barbara;07.11.1939;1.70' }];
      await other.act('datasets.correctQuarantine', { datasetId, version: 1, corrections });
      const { id: replayId } = await other.act<Replay>('datasets.replayQuarantine', { datasetId, version: 1 });
      other.startWorker();
      const asked = `select count(*)::int as n from jobs.job where name = 'dataset.replay'`;
      await expect.poll(async () => (await jobs.query(asked)).rows[0].n).toBeGreaterThan(1);
      await jobs.query(`update jobs.job set start_after = now() where name = 'dataset.copy'`);
      await expect
        .poll(() => other.act('datasets.replayStatus', { datasetId, replayId }))
        .toMatchObject({ state: 'ready', replayed: 1, into: { version: 2, changeSet: 1 } });
    } finally {
      await other.close();
    }
  });

  test('whoever lost the dataset after asking for a replay gets nothing of it, and is told', async () => {
    const fresh = await createTestDatabase();
    const other = await createLoadHarness(
      fresh.pool('postgres'),
      fresh.pool('granary_api'),
      fresh.url('granary_worker'),
    );
    try {
      const first = other.startWorker();
      const ids = await other.requestLoad('people.csv', people);
      const { datasetId } = ids;
      await expect.poll(async () => (await other.status(ids)).state).toBe('ready');
      first.child.kill('SIGKILL');
      await once(first.child, 'exit');
      const corrections = [{ number: 3, text: '5;Barbara;07.11.1939;1.70' }];
      await other.act('datasets.correctQuarantine', { datasetId, version: 1, corrections });
      const { id: replayId } = await other.act<Replay>('datasets.replayQuarantine', { datasetId, version: 1 });
      await fresh
        .pool('postgres')
        .query('update datasets set owner_id = $2 where id = $1', [datasetId, other.colleague.userId]);
      other.startWorker();
      await expect
        .poll(() => other.actAs(other.colleague, 'datasets.replayStatus', { datasetId, replayId }))
        .toMatchObject({ state: 'failed', error: { kind: 'forbidden' } });
      expect(await other.actAs(other.colleague, 'datasets.rows', { datasetId })).toMatchObject({ rows: [{}, {}] });
    } finally {
      await other.close();
    }
  });

  test('replays of the same rows put each of them into the dataset once', async () => {
    harness.startWorker();
    const rows = Array.from({ length: 300 }, (_, index) => `x${index},Name`);
    const fitting = Array.from({ length: 700 }, (_, index) => `${1000 + index},Name`);
    const ids = await load(lines('id,name', ...fitting, ...rows), undefined, { types: { id: 'bigint' } });
    const { datasetId } = ids;
    await correct(
      datasetId,
      1,
      rows.map((_, index) => ({ number: index + 1, text: `${index + 1},Name` })),
    );
    const asked = await Promise.all(
      Array.from({ length: 4 }, () => harness.act<Replay>('datasets.replayQuarantine', { datasetId, version: 1 })),
    );
    const done = await Promise.all(asked.map(({ id }) => finished(datasetId, id)));
    expect(done.map(({ state }) => state)).toEqual(['ready', 'ready', 'ready', 'ready']);
    expect(done.map(({ replayed }) => replayed).sort()).toEqual([0, 0, 0, 300]);
    const { rows: found } = await owner.query(
      `select count(*)::int as n, count(distinct id)::int as ids from data."v_${ids.versionId.replaceAll('-', '')}_p1"`,
    );
    expect(found).toEqual([{ n: 1000, ids: 1000 }]);
    expect(await accountOf(ids)).toEqual({ inputRows: 1000, loadedRows: 1000, quarantinedRows: 0 });
  });
});

describe('a correction', () => {
  test('of a row that somebody else decided about since is a conflict that names the present revision', async () => {
    const { datasetId } = await load(people);
    await correct(datasetId, 1, [{ number: 1, revision: 0, text: 'a' }]);
    await expect(
      correct(datasetId, 1, [
        { number: 2, revision: 0, text: 'b' },
        { number: 1, revision: 0, text: 'c' },
      ]),
    ).rejects.toMatchObject({ kind: 'conflict', details: { rows: [{ number: 1, revision: 1 }] } });
    expect((await quarantineOf(datasetId, 1)).map(({ correction }) => correction)).toEqual(['a', null, null]);
    // what is so already is no decision, and the row's own text is no correction
    expect(await correct(datasetId, 1, [{ number: 1, text: 'a' }])).toMatchObject({ changed: 0 });
    expect(await correct(datasetId, 1, [{ number: 1, text: '3;Edsger;11.05.1930;1.80;x' }])).toMatchObject({
      changed: 1,
    });
    expect((await quarantineOf(datasetId, 1))[0]).toMatchObject({ correction: null, revision: 2 });
  });

  test('of a row that is not there, that is named twice, or that is in the dataset, is refused with a reason', async () => {
    const { datasetId } = await load(people);
    await expect(correct(datasetId, 1, [{ number: 9, text: 'a' }])).rejects.toMatchObject({ kind: 'not_found' });
    await expect(correct(datasetId, 7, [{ number: 1, text: 'a' }])).rejects.toMatchObject({ kind: 'not_found' });
    const twice = { number: 1, text: 'a' };
    await expect(correct(datasetId, 1, [twice, twice])).rejects.toMatchObject({ kind: 'invalid' });
    await correct(datasetId, 1, [{ number: 3, text: '5;Barbara;07.11.1939;1.70' }]);
    await replay(datasetId, 1);
    await expect(correct(datasetId, 1, [{ number: 3, text: 'a' }])).rejects.toMatchObject({
      kind: 'precondition',
      details: { reason: 'replayed' },
    });
  });

  test('wants the right to write', async () => {
    const { datasetId } = await load(people);
    await harness.act('datasets.share', { datasetId, userId: harness.colleague.userId, access: 'read' });
    const of = { datasetId, version: 1 };
    const asColleague = (name: Parameters<LoadHarness['act']>[0], input: object) =>
      harness.actAs(harness.colleague, name, { ...of, ...input });
    expect(await asColleague('datasets.quarantine', {})).toMatchObject({ items: [{ number: 1 }, {}, {}] });
    const attempts = [
      ['datasets.correctQuarantine', { corrections: [{ number: 1, text: 'a' }] }],
      ['datasets.dismissQuarantine', { quarantined: [{ number: 1 }], reason: 'a' }],
      ['datasets.reopenQuarantine', { quarantined: [{ number: 1 }] }],
      ['datasets.replayQuarantine', { rows: 'all' }],
    ] as const;
    for (const [name, input] of attempts)
      await expect(asColleague(name, input)).rejects.toMatchObject({ kind: 'not_found' });
    expect((await quarantineOf(datasetId, 1)).map(({ revision }) => revision)).toEqual([0, 0, 0]);
  });

  test('is refused where nothing of the file was to be kept', async () => {
    const { datasetId } = await load(people, undefined, { keepOriginal: false });
    await expect(correct(datasetId, 1, [{ number: 1, text: 'a' }])).rejects.toMatchObject({
      kind: 'precondition',
      details: { reason: 'notKept' },
    });
  });
});
