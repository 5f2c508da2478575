import { describe, expect, test } from 'vitest';
import { pseudonymiseDataset } from '../src/pseudonyms/pseudonymise-dataset.ts';
import { createPseudonymHarness } from './pseudonym-harness.ts';

const harness = await createPseudonymHarness();
const { owner, act, run, request } = harness;
const organization = await harness.organization('ours');
const { editor } = organization.as;
const people = ['patient_id', 'name'];

const [ann, bob, cyd] = ['ANN-4711-SECRET', 'BOB-0815-SECRET', 'CYD-1234-SECRET'];
const first = `Patient ID,name,age\n${ann},Ann Secretname,30\n${bob},Bob Secretname,40\n`;

async function load(datasetId: string, content: string, options: object = {}, delivery: object = {}) {
  const ids = await request(editor, datasetId, content, options, delivery);
  await run(editor, ids);
  return { ...ids, load: await harness.status(editor, ids) };
}
const upsert = { mode: 'upsert', keyColumns: ['patient_id'] };
const rowsOf = async (datasetId: string) => (await harness.rows(editor, datasetId)).rows;
const quarantineOf = async (datasetId: string, version: number) =>
  (
    await act<{ items: { raw: string; reason: string; sealed: boolean }[] }>('datasets.quarantine', editor, {
      datasetId,
      version,
    })
  ).items;
const ids = async (datasetId: string) => (await rowsOf(datasetId)).map(([id]) => id);

describe('a delivery to a dataset with identifiers', () => {
  test('is matched by pseudonyms: the same person is the same row', async () => {
    const datasetId = await harness.createPeople(editor, 'matched', people);
    await load(datasetId, first);
    const before = await ids(datasetId);
    const { load: upserted } = await load(
      datasetId,
      `age,name,patient_id\n41,Bob Secretname,${bob}\n50,Cyd Secretname,${cyd}\n`,
      {},
      upsert,
    );
    expect(upserted).toMatchObject({ state: 'ready', inputRows: 2, loadedRows: 2, quarantinedRows: 0 });
    const after = await rowsOf(datasetId);
    expect(after.map(([, , age]) => age)).toEqual([30, 41, 50]);
    expect(after.slice(0, 2).map(([id]) => id)).toEqual(before);
    const { rows } = await owner.query('select before, after from dataset_row_changes where dataset_id = $1', [
      datasetId,
    ]);
    expect(rows).toEqual([{ before: { age: '40' }, after: { age: '41' } }]);

    const { load: appended } = await load(datasetId, `patient_id,age\n${ann},31\n`, {}, { mode: 'append' });
    expect(appended).toMatchObject({ state: 'ready', loadedRows: 1 });
    expect((await rowsOf(datasetId)).at(-1)).toEqual([before[0], null, 31]);
  });

  test('may be JSON Lines', async () => {
    const datasetId = await harness.createPeople(editor, 'matched from JSON', people);
    await load(datasetId, first);
    const lines = [`{"age":"41","name":"Bob Secretname","patient_id":"${bob}"}`, `{"patient_id":"${ann}","age":"old"}`];
    const { load: upserted } = await load(datasetId, `${lines.join('\n')}\n`, {}, upsert);
    expect(upserted).toMatchObject({ state: 'ready', loadedRows: 1, quarantinedRows: 1 });
    expect((await rowsOf(datasetId)).map(([, , age]) => age)).toEqual([30, 41]);
  });

  test('leaves what identifies people in no table, file or log, at no step, also of rows that are set apart', {
    timeout: 600_000,
  }, async () => {
    const datasetId = await harness.createPeople(editor, 'nowhere', people);
    await load(datasetId, first);
    const content = [
      'patient_id,name,age,note',
      `${ann},Ann Secretname,31,`,
      `${bob},Bob Secretname,old,`, // not of the dataset's type
      `${cyd},Cyd Secretname,50,moved`, // a column that the dataset does not have
      `${cyd},too,few`,
      `${ann}2,x,1,`,
      `${ann}2,y,2,`, // the same key twice
      ',"Dee Secretname",9,', // no key
      '',
    ].join('\n');
    const delivery = { ...upsert, newColumns: 'quarantine' };
    const asked = await request(editor, datasetId, content, {}, delivery);
    const steps = new Set<string>();
    const look = async (step: string) => {
      steps.add(step);
      for (const text of ['-SECRET', 'Secretname']) {
        expect(await harness.filesHolding(text), `${text} at ${step}`).toEqual([]);
        expect(await harness.columnsHolding(text), `${text} at ${step}`).toEqual([]);
      }
    };
    await run(editor, asked, { onStep: look });
    await look('afterwards');
    expect([...steps]).toEqual(
      expect.arrayContaining(['pseudonymising', 'quarantine', 'publishing', 'merging', 'merged']),
    );
    expect(harness.logs.join('\n')).not.toMatch(/-SECRET|Secretname/);
    expect(await harness.status(editor, asked)).toMatchObject({
      state: 'ready',
      inputRows: 7,
      loadedRows: 1,
      quarantinedRows: 6,
    });
    const items = await quarantineOf(datasetId, 2);
    expect(items.map(({ reason, sealed }) => [sealed, reason])).toEqual([
      [true, '3 fields where 4 are expected'],
      [true, expect.stringContaining('whole number')],
      [true, 'the dataset has no column note'],
      [true, 'other rows of the file have the same key'],
      [true, 'other rows of the file have the same key'],
      [true, 'its key is empty'],
    ]);
    expect(items[0]?.raw).toBe(`${cyd},too,few`);
    expect(items[2]?.raw).toMatch(/^[0-9a-f]{64},[0-9a-f]{64},50,moved$/);
    const { rows } = await owner.query('select raw from quarantined_rows where version_id = $1', [asked.versionId]);
    for (const { raw } of rows) expect(raw).toMatch(/^sealed:/);
    await act('datasets.share', editor, { datasetId, userId: organization.as.colleague.userId, access: 'read' });
    const theirs = await act<{ items: { raw: string }[] }>('datasets.quarantine', organization.as.colleague, {
      datasetId,
      version: 2,
    });
    expect(theirs.items.map(({ raw }) => raw)).toEqual(Array(6).fill(''));
  });

  test('uses the key of the rows that are there, also when it was rotated; once that is destroyed it is refused', async () => {
    const other = await harness.organization('rotating');
    const datasetId = await harness.createPeople(other.as.editor, 'rotated', people);
    const deliver = async (content: string, delivery: object = {}) => {
      const asked = await request(other.as.editor, datasetId, content, {}, delivery);
      await run(other.as.editor, asked);
      return harness.status(other.as.editor, asked);
    };
    await deliver(first);
    await act('encryption.rotate', other.as.admin, {});
    expect(await deliver(`patient_id,age\n${ann},32\n`, upsert)).toMatchObject({ state: 'ready' });
    const { rows } = await harness.rows(other.as.editor, datasetId);
    expect(rows.map(([, , age]) => age)).toEqual([32, 40]);
    const { items } = await act<{ items: { id: string; purpose: string; version: number }[] }>(
      'encryption.keys',
      other.as.admin,
      {},
    );
    const old = items.find(({ purpose, version }) => purpose === 'pseudonym' && version === 1)!;
    await act('encryption.destroy', other.as.admin, { encryptionKeyId: old.id });
    expect(await deliver(`patient_id,age\n${ann},33\n`, upsert)).toMatchObject({
      state: 'failed',
      error: { kind: 'precondition', message: expect.stringContaining('nothing links to them any more') },
    });
    expect(await deliver(first)).toMatchObject({ state: 'ready' });
  });

  test('is refused where a column may hold what was declared by another name, before anything of it is written', async () => {
    const datasetId = await harness.createPeople(editor, 'renamed', people);
    await load(datasetId, first);
    const written: boolean[] = [];
    const asked = await request(editor, datasetId, `pid,age\n${ann},1\n`, {}, { mode: 'append' });
    await run(editor, asked, {
      onStep: async () => void written.push((await harness.filesHolding(ann)).length > 0),
    });
    expect(written).not.toContain(true);
    expect(await harness.status(editor, asked)).toMatchObject({
      state: 'failed',
      error: { message: expect.stringContaining('no column "patient_id"') },
    });
  });

  test('goes into a column that was declared otherwise than the file calls it, as pseudonyms', async () => {
    const datasetId = await harness.createPeople(editor, 'legal name', ['Patient ID']);
    await load(datasetId, first);
    const { load: upserted } = await load(datasetId, `patient_id,age\n${bob},44\n`, {}, upsert);
    expect(upserted).toMatchObject({ state: 'ready', loadedRows: 1 });
    expect((await rowsOf(datasetId)).map(([, , age]) => age)).toEqual([30, 44]);
    expect(await harness.columnsHolding(bob)).toEqual([]);
  });

  test('is stopped by the database, should it hold raw values where there are pseudonyms, or the other way round', async () => {
    const datasetId = await harness.createPeople(editor, 'guarded', people);
    const head = await load(datasetId, first);
    const asked = await request(editor, datasetId, `patient_id,age\n${ann},1\n`, {}, upsert);
    await owner.query(`update dataset_columns set evidence = evidence - 'pseudonym' where version_id = $1`, [
      head.versionId,
    ]);
    await owner.query(`update dataset_versions set identifiers = '{}' where id = $1`, [head.versionId]);
    await run(editor, asked);
    expect(await harness.status(editor, asked)).toMatchObject({
      state: 'failed',
      error: { kind: 'precondition', message: expect.stringContaining('which are not replaced yet') },
    });
    expect((await rowsOf(datasetId)).map(([, , age]) => age)).toEqual([30, 40]);
  });
});

describe('a delivery of which no original is to be kept', () => {
  test.each([
    ['plain', []],
    ['sealed', people],
  ] as const)('goes into a %s dataset, and cannot be loaded again', async (name, identifiers) => {
    const datasetId = await harness.createPeople(editor, `no original ${name}`, identifiers);
    await load(datasetId, 'patient_id,name,age\np1,Ann,30\np2,Bob,40\n');
    const text = 'patient_id,age\np1,31\np2,old\n,7\n';
    const { versionId, sha256, load: upserted } = await load(datasetId, text, { keepOriginal: false }, upsert);
    expect(upserted).toMatchObject({ state: 'ready', loadedRows: 1, quarantinedRows: 2 });
    expect((await quarantineOf(datasetId, 2)).map(({ raw }) => raw)).toEqual(['', '']);
    const { rows } = await owner.query(
      'select original_sha256 as original, state from dataset_versions where id = $1',
      [versionId],
    );
    expect(rows).toEqual([{ original: null, state: 'merged' }]);
    if (identifiers.length > 0)
      expect(await harness.store.stat({ tenantId: organization.tenantId, sha256 })).toBeNull();
    await expect(act('datasets.reload', editor, { datasetId, version: 2, mode: 'append' })).rejects.toMatchObject({
      kind: 'precondition',
      message: 'the original of this version was not kept, so it cannot be loaded again',
    });
  });
});

test('what comes while rows are loaded again with pseudonyms waits for them, and is not gone with the former version', async () => {
  const datasetId = await harness.createPeople(editor, 'declared meanwhile', []);
  await load(datasetId, 'pid,age\nLATE-1,30\nLATE-2,40\n');
  await act('datasets.declareIdentifiers', editor, { datasetId, identifiers: ['pid'] });
  const early = await load(datasetId, 'age\n1\n', {}, { mode: 'append' });
  expect(early.load).toMatchObject({
    state: 'failed',
    error: { message: expect.stringContaining('not replaced yet') },
  });
  const asked = await request(
    editor,
    datasetId,
    'age,pid\n50,LATE-3\n41,LATE-2\n',
    {},
    { mode: 'upsert', keyColumns: ['pid'] },
  );
  const context = { jobId: datasetId, identity: editor, signal: new AbortController().signal };
  const onStep = async (step: string) => {
    if (step !== 'copying') return;
    await expect(run(editor, asked)).rejects.toMatchObject({ name: 'JobPostponed' });
    const set = { rowId: 1, version: 1, revision: 0, set: { age: 31 } };
    await expect(act('datasets.updateRow', editor, { datasetId, ...set })).rejects.toMatchObject({
      details: { reason: 'copying' },
    });
  };
  const dependencies = { ...harness.dependencies, onStep: onceOnly(onStep) };
  await pseudonymiseDataset(dependencies, { datasetId }, context);
  await run(editor, asked);
  expect(await harness.status(editor, asked)).toMatchObject({ state: 'ready', loadedRows: 2 });
  expect((await rowsOf(datasetId)).map(([, age]) => age)).toEqual([30, 41, 50]);
  expect(await harness.columnsHolding('LATE-')).toEqual([]);
});

/** Calls at the first time that a step is reached. */
function onceOnly(call: (step: string) => Promise<void>) {
  const seen = new Set<string>();
  return async (step: string) => {
    if (seen.has(step)) return;
    seen.add(step);
    await call(step);
  };
}

describe('a table that was made without rows', () => {
  test('may be told which column identifies people before its first delivery', async () => {
    const { rows } = await owner.query<{ id: string }>(
      `select public.create_data_table('_realtime', 'trial', array['age'], 'patient_id', $1, $2) as id`,
      [editor.userId, organization.tenantId],
    );
    const datasetId = rows[0]!.id;
    const declared = await act<{ migrates: boolean }>('datasets.declareIdentifiers', editor, {
      datasetId,
      identifiers: ['patient_id'],
    });
    expect(declared.migrates).toBe(false);
    for (const age of [30, 31]) {
      const { load: upserted } = await load(datasetId, `patient_id,age\n${ann},${age}\n`, {}, upsert);
      expect(upserted).toMatchObject({ state: 'ready', loadedRows: 1 });
    }
    expect(await rowsOf(datasetId)).toEqual([[expect.stringMatching(/^[0-9a-f]{64}$/), '31']]);
    expect(await harness.columnsHolding(ann)).toEqual([]);
    const insert = { datasetId, rows: [{ patient_id: ann, age: '1' }] };
    await expect(act('datasets.insertRows', editor, { ...insert, version: 1 })).rejects.toMatchObject({
      kind: 'precondition',
    });
  });
});

test('a worker that is killed while it merges leaves nothing of an identifier, and another one completes it', {
  timeout: 600_000,
}, async () => {
  const datasetId = await harness.createPeople(editor, 'killed', people);
  await load(datasetId, first);
  await owner.query('delete from jobs.job'); // those of the loads above, which ran without their jobs
  const asked = await request(editor, datasetId, `patient_id,age\n${ann},77\n${bob},x\n`, {}, upsert);
  await harness.killWorkerAt('merging');
  expect(await harness.filesHolding('-SECRET')).toEqual([]);
  expect(await harness.columnsHolding('-SECRET')).toEqual([]);
  await run(editor, asked);
  expect(await harness.status(editor, asked)).toMatchObject({ state: 'ready', loadedRows: 1, quarantinedRows: 1 });
  expect((await rowsOf(datasetId)).map(([, , age]) => age)).toEqual([77, 40]);
});
