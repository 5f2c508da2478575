import { asUser } from '@granary/db';
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { type ReplayDependencies, replayQuarantine } from '../src/replay/replay-quarantine.ts';
import { createPseudonymHarness } from './pseudonym-harness.ts';

const harness = await createPseudonymHarness();
const { owner, act, run, request } = harness;
const organization = await harness.organization('ours');
const { editor, colleague } = organization.as;
const people = ['patient_id', 'name'];
const [ann, bob, cyd, dee] = ['ANN-4711-SECRET', 'BOB-0815-SECRET', 'CYD-1234-SECRET', 'DEE-9999-SECRET'];
const digest = expect.stringMatching(/^[0-9a-f]{64}$/);

interface Quarantined {
  readonly number: number;
  readonly raw: string;
  readonly reason: string;
  readonly column: string | null;
  readonly revision: number;
  readonly correction: string | null;
}
interface Replay {
  readonly id: string;
  readonly state: string;
  readonly replayed: number | null;
  readonly refused: number | null;
}

async function load(datasetId: string, content: string, options: object = {}, delivery: object = {}, by = editor) {
  const ids = await request(by, datasetId, content, options, delivery);
  await run(by, ids);
  expect(await harness.status(by, ids)).toMatchObject({ state: 'ready' });
  return ids;
}
const quarantineOf = async (datasetId: string, version: number, by = editor) =>
  (await act<{ items: Quarantined[] }>('datasets.quarantine', by, { datasetId, version })).items;
const correct = (datasetId: string, version: number, corrections: object[], by = editor) =>
  act<{ changed: number }>('datasets.correctQuarantine', by, { datasetId, version, corrections });
const rowsOf = async (datasetId: string, by = editor) => (await harness.rows(by, datasetId)).rows;

const ask = (datasetId: string, version: number, asked: object = {}, by = editor) =>
  act<Replay>('datasets.replayQuarantine', by, { datasetId, version, ...asked });

async function runReplay(datasetId: string, id: string, changed: Partial<ReplayDependencies> = {}, by = editor) {
  await replayQuarantine(
    { ...harness.dependencies, onStep: undefined, ...changed },
    { datasetId, replayId: id },
    { jobId: id, identity: by, signal: new AbortController().signal },
  );
  return act<Replay>('datasets.replayStatus', by, { datasetId, replayId: id });
}

async function replay(
  datasetId: string,
  version: number,
  asked: object = {},
  changed: Partial<ReplayDependencies> = {},
  by = editor,
) {
  const { id } = await ask(datasetId, version, asked, by);
  return runReplay(datasetId, id, changed, by);
}

describe('a replay of sealed rows', () => {
  test('replaces identifiers of rows that hold them, and leaves pseudonyms that are there', async () => {
    const datasetId = await harness.createPeople(editor, 'both kinds', people);
    await load(datasetId, `patient_id,name,age\n${ann},Ann Secretname,30\n${bob},too,4,0\n`);
    const appended = await load(
      datasetId,
      `patient_id,name,age\n${ann},Ann Secretname,old\n${bob},B,1\n`,
      {},
      {
        mode: 'append',
      },
    );
    const [first] = await rowsOf(datasetId);
    expect(await correct(datasetId, 1, [{ number: 1, revision: 0, text: `${ann},"Ann Secretname",40` }])).toMatchObject(
      {
        changed: 1,
      },
    );
    expect(await replay(datasetId, 1)).toMatchObject({ state: 'ready', replayed: 1, refused: 0 });
    const [apart] = await quarantineOf(datasetId, 2);
    expect(apart?.raw).toBe(`${first?.[0]},${first?.[1]},old`);
    await correct(datasetId, 2, [{ number: 1, revision: 0, text: apart!.raw.replace('old', '50') }]);
    expect(await replay(datasetId, 2)).toMatchObject({ state: 'ready', replayed: 1, refused: 0 });
    expect(await rowsOf(datasetId)).toEqual([
      first,
      [digest, digest, 1],
      [first?.[0], first?.[1], 40],
      [first?.[0], first?.[1], 50],
    ]);
    expect(await harness.status(editor, appended)).toMatchObject({ inputRows: 2, loadedRows: 2, quarantinedRows: 0 });
  });

  test('leaves what identifies people in no table, file or log, at no step', { timeout: 600_000 }, async () => {
    const datasetId = await harness.createPeople(editor, 'nowhere', people);
    await load(datasetId, `patient_id,name,age\n${ann},Ann Secretname,30\n${cyd},too,few,x\n${dee},Dee Secretname\n`);
    await load(datasetId, `patient_id,name,age\n${bob},Bob Secretname,old\n${bob},B,1\n`, {}, { mode: 'append' });
    const steps = new Set<string>();
    const look = async (step: string) => {
      steps.add(step);
      for (const text of ['-SECRET', 'Secretname']) {
        expect(await harness.filesHolding(text), `${text} at ${step}`).toEqual([]);
        expect(await harness.columnsHolding(text), `${text} at ${step}`).toEqual([]);
      }
    };
    await correct(datasetId, 1, [
      { number: 1, text: `${cyd},Cyd Secretname,old` },
      { number: 2, text: `${dee},"Dee ""Secretname""",60` },
    ]);
    await correct(datasetId, 2, [{ number: 1, text: `${bob},Bob Secretname,7` }]);
    await look('corrected');
    expect(await replay(datasetId, 1, { rows: 'all' }, { onStep: look })).toMatchObject({
      state: 'ready',
      replayed: 1,
      refused: 1,
    });
    expect(await replay(datasetId, 2, {}, { onStep: look })).toMatchObject({ replayed: 0, refused: 1 });
    await look('afterwards');
    expect([...steps]).toEqual(expect.arrayContaining(['pseudonymising', 'spooled', 'merging', 'merged', 'replayed']));
    expect(harness.logs.join('\n')).not.toMatch(/-SECRET|Secretname/);
    expect(await quarantineOf(datasetId, 1)).toMatchObject([
      {
        number: 1,
        raw: `${cyd},too,few,x`,
        correction: `${cyd},Cyd Secretname,old`,
        column: 'age',
        reason: expect.stringContaining('whole number'),
      },
    ]);
    expect(await quarantineOf(datasetId, 2)).toMatchObject([
      { column: 'patient_id', reason: 'it holds a pseudonym in this row, which can be left as it is or emptied' },
    ]);
    const { rows } = await owner.query('select correction from quarantine_reviews where dataset_id = $1', [datasetId]);
    for (const { correction } of rows) expect(correction).toMatch(/^sealed:[0-9a-f-]{36}:correction:[A-Za-z0-9+/=]+$/);
  });

  test('repeats no value in its reasons, which may have come into another column; nor does a load', async () => {
    const datasetId = await harness.createPeople(editor, 'shifted', people);
    await load(datasetId, `patient_id,name,age\n${ann},A,30\n${bob},B\n`);
    await load(datasetId, `patient_id,name,age\n,A,${dee}\n${ann},A,31\n`, {}, { mode: 'append' });
    await correct(datasetId, 1, [{ number: 1, text: `B,,${bob}` }]);
    expect(await replay(datasetId, 1)).toMatchObject({ replayed: 0, refused: 1 });
    const reason = expect.stringMatching(/^its value is no .*number, and the column is to be bigint$/);
    expect(await quarantineOf(datasetId, 1)).toMatchObject([{ column: 'age', reason, correction: `B,,${bob}` }]);
    expect(await quarantineOf(datasetId, 2)).toMatchObject([
      { column: 'age', reason, raw: expect.stringContaining(dee) },
    ]);
    expect(await harness.columnsHolding('-SECRET')).toEqual([]);
  });

  test.each(['pseudonymising', 'merged'])(
    'that is killed at %s leaves nothing that identifies people, and is done once',
    {
      timeout: 600_000,
    },
    async (step) => {
      const datasetId = await harness.createPeople(editor, `killed at ${step}`, people);
      const ids = await load(datasetId, `patient_id,name,age\n${ann},A,30\n${bob},B\n`);
      await correct(datasetId, 1, [{ number: 1, text: `${bob},Bob Secretname,40` }]);
      const { id } = await ask(datasetId, 1);
      await harness.killWorkerAt(step);
      for (const text of ['-SECRET', 'Secretname']) {
        expect(await harness.filesHolding(text)).toEqual([]);
        expect(await harness.columnsHolding(text)).toEqual([]);
      }
      expect(await rowsOf(datasetId)).toHaveLength(1);
      expect(await runReplay(datasetId, id)).toMatchObject({ state: 'ready', replayed: 1 });
      await runReplay(datasetId, id);
      expect(await rowsOf(datasetId)).toHaveLength(2);
      expect(await harness.status(editor, ids)).toMatchObject({ inputRows: 2, loadedRows: 2, quarantinedRows: 0 });
    },
  );

  test('reads them as the file was: with its delimiter and quotes, as objects, or by where columns stand', async () => {
    const semicolons = await harness.createPeople(editor, 'semicolons', people);
    await load(semicolons, `patient_id;name;note\n${ann};A;"1;5"\n${bob};B\n`);
    await correct(semicolons, 1, [{ number: 1, text: `${ann};'A';"a,""b"";c"` }]);
    expect(await replay(semicolons, 1)).toMatchObject({ replayed: 1 });
    const [known, corrected] = await rowsOf(semicolons);
    expect(corrected).toEqual([known?.[0], digest, 'a,"b";c']);

    const lines = await harness.createPeople(editor, 'lines', people);
    await load(
      lines,
      `{"patient_id":"${ann}","name":"A","tags":["x"]}\n{"patient_id":"${bob}"\n{"name":"C","name":"D"}\n`,
    );
    await correct(lines, 1, [
      { number: 1, text: `{"tags": ["y, z"], "patient_id": "${ann}"}` },
      { number: 2, text: `{"${cyd}": 1}` },
    ]);
    expect(await replay(lines, 1)).toMatchObject({ replayed: 1, refused: 1 });
    const objects = await rowsOf(lines);
    expect(objects[1]).toEqual([objects[0]?.[0], null, ['y, z']]);
    expect((await quarantineOf(lines, 1))[0]?.reason).toBe('it has a key that no row of the file has');

    const fixed = await harness.createPeople(editor, 'fixed', people);
    const widths = [16, 8, 4];
    const line = (...cells: string[]) => cells.map((cell, index) => cell.padEnd(widths[index]!)).join('');
    await load(
      fixed,
      `${line('patient_id', 'name', 'age')}\n${line(ann, 'A', '30')}\n${line(bob, 'B', '40')}much more\n`,
      {
        widths,
      },
    );
    await correct(fixed, 1, [{ number: 1, text: line(ann, 'A, a', '40') }]);
    expect(await replay(fixed, 1)).toMatchObject({ replayed: 1 });
    const [one, two] = await rowsOf(fixed);
    expect(two).toEqual([one?.[0], digest, 40]);
  });

  test('links to who is there after the key was rotated, and ends once that is destroyed', async () => {
    const other = (await harness.organization('rotating')).as;
    const datasetId = await harness.createPeople(other.editor, 'rotated', people);
    await load(datasetId, `patient_id,name,age\n${ann},A,30\n${ann},A\n${ann},A,1,2\n`, {}, {}, other.editor);
    await act('encryption.rotate', other.admin, {});
    await correct(datasetId, 1, [{ number: 1, text: `${ann},A,31` }], other.editor);
    expect(await replay(datasetId, 1, {}, {}, other.editor)).toMatchObject({ replayed: 1 });
    const [one, two] = await rowsOf(datasetId, other.editor);
    expect(two?.slice(0, 2)).toEqual(one?.slice(0, 2));
    const keys = await act<{ items: { id: string; purpose: string; version: number }[] }>(
      'encryption.keys',
      other.admin,
      {},
    );
    const old = keys.items.find(({ purpose, version }) => purpose === 'pseudonym' && version === 1)!;
    await act('encryption.destroy', other.admin, { encryptionKeyId: old.id });
    await correct(datasetId, 1, [{ number: 2, text: `${ann},A,32` }], other.editor);
    expect(await replay(datasetId, 1, {}, {}, other.editor)).toMatchObject({
      state: 'failed',
      error: { kind: 'precondition', message: expect.stringContaining('was destroyed') },
    });
  });
});

describe('the correction of a sealed row', () => {
  test('is made and read by who administers the dataset; who may write may replay it', async () => {
    const datasetId = await harness.createPeople(editor, 'whose', people);
    await load(datasetId, `patient_id,name,age\n${ann},A,30\n${bob},B\n`);
    await act('datasets.share', editor, { datasetId, userId: colleague.userId, access: 'write' });
    const corrections = [{ number: 1, text: `${bob},B,40` }];
    await expect(correct(datasetId, 1, corrections, colleague)).rejects.toMatchObject({ kind: 'forbidden' });
    await expect(correct(datasetId, 1, corrections, organization.as.viewer)).rejects.toMatchObject({
      kind: expect.stringMatching(/^(forbidden|not_found)$/),
    });
    expect(await correct(datasetId, 1, corrections)).toMatchObject({ changed: 1 });
    expect(await quarantineOf(datasetId, 1, colleague)).toMatchObject([{ raw: '', correction: '' }]);
    expect(await quarantineOf(datasetId, 1)).toMatchObject([{ raw: `${bob},B`, correction: `${bob},B,40` }]);
    expect(await replay(datasetId, 1, {}, {}, colleague)).toMatchObject({ state: 'ready', replayed: 1 });
  });

  test('counts as none where it is there already, and is taken back by the own text of the row', async () => {
    const datasetId = await harness.createPeople(editor, 'again', people);
    await load(datasetId, `patient_id,name,age\n${ann},A,30\n${bob},B\n`);
    const text = `${bob},B,40`;
    expect(await correct(datasetId, 1, [{ number: 1, text }])).toMatchObject({ changed: 1 });
    expect(await correct(datasetId, 1, [{ number: 1, revision: 1, text }])).toMatchObject({ changed: 0 });
    await expect(correct(datasetId, 1, [{ number: 1, revision: 0, text: 'x' }])).rejects.toMatchObject({
      kind: 'conflict',
    });
    expect(await correct(datasetId, 1, [{ number: 1, text: `${bob},B` }])).toMatchObject({ changed: 1 });
    expect(await quarantineOf(datasetId, 1)).toMatchObject([{ correction: null, revision: 2 }]);
    await expect(correct(datasetId, 1, [{ number: 9, text }])).rejects.toMatchObject({ kind: 'not_found' });
  });

  test('is refused by the database where it is not sealed', async () => {
    const datasetId = await harness.createPeople(editor, 'guarded', people);
    await load(datasetId, `patient_id,name,age\n${ann},A,30\n${bob},B\n`);
    const items = JSON.stringify([{ number: 1, text: `${bob},B,40` }]);
    await expect(
      asUser(harness.dependencies.database, editor, 'dataset:write', (db) =>
        sql`select app.correct_quarantined(${datasetId}::uuid, 1, ${items}::jsonb)`.execute(db),
      ),
    ).rejects.toMatchObject({ code: 'GR412' });
    expect(await harness.columnsHolding(bob)).toEqual([]);
  });

  test('is refused where nobody noted which rows hold pseudonyms, and so is a replay', async () => {
    const datasetId = await harness.createPeople(editor, 'unmarked', people);
    const { versionId } = await load(datasetId, `patient_id,name,age\n${ann},A,30\n${bob},B\n`);
    await owner.query(
      `update quarantined_rows set raw = regexp_replace(raw, '^(sealed:[^:]+):file:', '\\1:') where version_id = $1`,
      [versionId],
    );
    const refusal = { kind: 'precondition', details: { reason: 'unmarked' } };
    await expect(correct(datasetId, 1, [{ number: 1, text: `${bob},B,40` }])).rejects.toMatchObject(refusal);
    await expect(replay(datasetId, 1, { rows: 'all' })).rejects.toMatchObject(refusal);
  });

  test('does not open where somebody calls a text of the file one with pseudonyms', async () => {
    const datasetId = await harness.createPeople(editor, 'relabelled', people);
    const { versionId } = await load(datasetId, `patient_id,name,age\n${ann},A,30\n${bob},B\n`);
    await correct(datasetId, 1, [{ number: 1, text: `${bob},B,40` }]);
    await owner.query(
      `update quarantined_rows set raw = replace(raw, ':file:', ':pseudonyms:') where version_id = $1`,
      [versionId],
    );
    await expect(replay(datasetId, 1)).rejects.toThrow('does not open');
    expect(await harness.columnsHolding(bob)).toEqual([]);
    expect(await rowsOf(datasetId)).toHaveLength(1);
  });
});
