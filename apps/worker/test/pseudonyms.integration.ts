import { createHmac } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { keyContext, MasterKeys, uuidv7 } from '@granary/domain';
import { describe, expect, test } from 'vitest';
import { pseudonymiseDataset } from '../src/pseudonyms/pseudonymise-dataset.ts';
import { makeZip } from '../src/reading/testing/make-zip.ts';
import { createPseudonymHarness, newMasterKey } from './pseudonym-harness.ts';

const harness = await createPseudonymHarness();
const { owner, act, run, request } = harness;
const ours = await harness.organization('ours');
const theirs = await harness.organization('theirs');
const { editor, admin } = ours.as;

const marker = 'PATIENT-4711-MARKER';
const secondMarker = 'Jürgen, "the" Märker';
/** Clean rows with all kinds of quoting, rows that do not fit, and the identifiers in both. */
const messy = [
  '"Patient ID",name,age,note',
  `${marker},"${secondMarker.replaceAll('"', '""')}",64,"two\nlines"`,
  `${marker},,7,`,
  `,"",8,""`,
  ` ${marker} , x,9,a"b`,
  `${marker},too,few`,
  `"${marker}"broken,${secondMarker},1,2`,
  `${marker},${'many,'.repeat(5)}`,
  '',
].join('\r\n');

const people = { name: 'people.csv', content: `patient_id\n${marker}\n` };

/** More than one window of the reader, and than one message. */
const large = `${messy}${`${marker},"${secondMarker.replaceAll('"', '""')}",64,"two\nlines"\r\n${marker},,7,\r\n`.repeat(60_000)}${marker},too,few\r\n`;

async function loaded(
  identity: typeof editor,
  name: string,
  identifiers: string[],
  content: Buffer | string,
  options = {},
) {
  const datasetId = await harness.createPeople(identity, name, identifiers);
  const ids = await request(identity, datasetId, content, options);
  await run(identity, ids);
  return { ...ids, load: await harness.status(identity, ids) };
}

describe('a file with identifiers', () => {
  test('is changed by hand in its other columns alone: a pseudonym may go, and no value come in its place', async () => {
    const { datasetId } = await loaded(editor, 'edited', ['patient_id', 'name'], messy);
    const change = (changes: object[]) =>
      act<{ version: number }>('datasets.changeRows', editor, { datasetId, version: 1, changes });
    const refused = {
      kind: 'precondition',
      message: '"name" holds pseudonyms, which loads make: its cells can only be emptied, or their rows deleted',
    };
    for (const one of [
      { op: 'update', rowId: 1, revision: 0, set: { age: 65, name: secondMarker } },
      { op: 'insert', values: { age: 1, name: secondMarker } },
    ])
      await expect(change([{ op: 'update', rowId: 2, revision: 0, set: { age: 8 } }, one])).rejects.toMatchObject(
        refused,
      );
    expect(await harness.columnsHolding(secondMarker)).toEqual([]);

    await change([
      { op: 'update', rowId: 1, revision: 0, set: { age: 65, name: null } },
      { op: 'insert', values: { age: 1, patient_id: null } },
    ]);
    const before = await harness.rows(editor, datasetId);
    expect(before.rows[0]).toEqual([expect.any(String), null, 65, 'two\nlines']);
    await act('datasets.revert', editor, { datasetId, version: 1, number: 1 });
    const after = await harness.rows(editor, datasetId);
    expect(after.rows[0]).toEqual([expect.any(String), expect.stringMatching(/^[0-9a-f]{64}$/), 64, 'two\nlines']);
  });

  test('is loaded with pseudonyms, and every row is accounted for', async () => {
    const { datasetId, load } = await loaded(editor, 'messy', ['patient_id', 'name'], messy);
    expect(load).toMatchObject({ state: 'ready', inputRows: 7, loadedRows: 4, quarantinedRows: 3, error: null });
    const { columns, rows } = await harness.rows(editor, datasetId);
    expect(columns.map(({ name, type }) => `${name} ${type}`)).toEqual([
      'patient_id text',
      'name text',
      'age bigint',
      'note text',
    ]);
    const pseudonym = expect.stringMatching(/^[0-9a-f]{64}$/);
    expect(rows).toEqual([
      [pseudonym, pseudonym, 64, 'two\nlines'],
      [pseudonym, null, 7, null],
      [null, null, 8, ''],
      [pseudonym, pseudonym, 9, 'a"b'],
    ]);
    expect(new Set([rows[0]?.[0], rows[1]?.[0], rows[3]?.[0]]).size).toBe(1);
  });

  test('leaves its identifiers in no table, no file and no log, at no step of the load', {
    timeout: 600_000,
  }, async () => {
    const datasetId = await harness.createPeople(editor, 'nowhere', ['patient_id', 'name']);
    const ids = await request(editor, datasetId, large);
    const looked: string[] = [];
    const look = async (step: string) => {
      if (step === 'pseudonymising' && looked.includes(step) && looked.length > 20) return;
      looked.push(step);
      for (const text of [marker, secondMarker, 'Jürgen']) {
        expect(await harness.filesHolding(text), `${text} at ${step}`).toEqual([]);
        expect(await harness.columnsHolding(text), `${text} at ${step}`).toEqual([]);
      }
    };
    await run(editor, ids, { onStep: look });
    expect(new Set(looked)).toEqual(
      new Set([
        'accepted',
        'detecting',
        'pseudonymising',
        'copying',
        'indexing',
        'quarantine',
        'publishing',
        'published',
      ]),
    );
    await look('afterwards');
    expect(harness.logs.join('\n')).not.toContain(marker);
    expect(await harness.status(editor, ids)).toMatchObject({
      state: 'ready',
      inputRows: 120_008,
      loadedRows: 120_004,
      quarantinedRows: 4,
    });
  });

  test('would have left them: the search finds what is not pseudonymised', async () => {
    const datasetId = await harness.createPeople(editor, 'plain', []);
    const ids = await request(
      editor,
      datasetId,
      messy.replaceAll(marker, 'NOT-A-SECRET-1').replaceAll('Jürgen', 'Nobody'),
    );
    await run(editor, ids);
    expect(await harness.filesHolding('NOT-A-SECRET-1')).not.toEqual([]);
    expect(await harness.columnsHolding('NOT-A-SECRET-1')).toContain('public.quarantined_rows');
  });

  test.each([
    ['gzip', (text: string) => gzipSync(text)],
    ['zstd', (text: string) => zstdCompressSync(text)],
    ['UTF-16', (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le')],
    ['a byte order mark', (text: string) => Buffer.from(`\ufeff${text}`)],
    ['semicolons', (text: string) => Buffer.from(text.replaceAll(',', ';'))],
  ])('may come as %s', async (name, encode) => {
    const text = `id,score\n${Array.from({ length: 5000 }, (_, i) => `p${i},${i / 4}\n`).join('')}`;
    const { datasetId, load } = await loaded(editor, name, ['id'], encode(text));
    expect(load).toMatchObject({ state: 'ready', loadedRows: 5000, quarantinedRows: 0 });
    const { columns, rows } = await harness.rows(editor, datasetId);
    expect(columns.map(({ type }) => type)).toEqual(['text', 'double precision']);
    expect(rows[3]?.[1]).toBe(0.75);
  });

  test('is read by the user’s word on its columns, and no reason repeats an identifier', async () => {
    const text = `id,age\n${marker},NA\n${marker},x\n${marker},7\n${marker}\n`;
    const options = { encoding: 'UTF8', types: { age: 'bigint' }, nullValues: ['NA'] };
    const { datasetId, load } = await loaded(editor, 'told', ['id'], text, options);
    expect(load).toMatchObject({ state: 'ready', loadedRows: 2, quarantinedRows: 2 });
    expect((await harness.rows(editor, datasetId)).rows.map(([, age]) => age)).toEqual([null, 7]);
    expect(await harness.columnsHolding(marker)).toEqual([]);

    const typed = await loaded(editor, 'typed', ['id'], text, { types: { id: 'bigint' } });
    expect(typed.load).toMatchObject({ state: 'failed', error: { kind: 'bad_options' } });
  });

  test.each([
    ['plain', (text: string) => Buffer.from(text)],
    ['gzip', (text: string) => gzipSync(text)],
  ])('may be JSON Lines (%s): types are those of JSON, and a line that is none is sealed', async (name, encode) => {
    const lines = [
      `{"age": 64, "Patient ID": "${marker}", "code": "007"}`,
      `{"Patient ID": "${marker}", "visits": [{"at": "2020-01-31"}], "age": null}`,
      `{"Patient ID": {"nested": "${marker}"}, "note": "two\\nlines, one row"}`,
      `{"Patient ID": "${marker}", broken`,
      `{"Patient ID": null, "code": ""}`,
      '',
    ];
    const { datasetId, load } = await loaded(editor, `json lines ${name}`, ['Patient ID'], encode(lines.join('\r\n')));
    expect(load).toMatchObject({ state: 'ready', inputRows: 5, loadedRows: 4, quarantinedRows: 1 });
    const { columns, rows } = await harness.rows(editor, datasetId);
    expect(columns.map(({ name, type }) => `${name} ${type}`)).toEqual([
      'age bigint',
      'patient_id text',
      'code text',
      'visits jsonb',
      'note text',
    ]);
    const pseudonym = expect.stringMatching(/^[0-9a-f]{64}$/);
    expect(rows).toEqual([
      [64, pseudonym, '007', null, null],
      [null, pseudonym, null, [{ at: '2020-01-31' }], null],
      [null, pseudonym, null, null, 'two\nlines, one row'],
      [null, null, '', null, null],
    ]);
    expect(new Set(rows.slice(0, 3).map(([, id]) => id)).size).toBe(2);
    const asCsv = await loaded(editor, `the same as CSV ${name}`, ['id'], `id,x\n${marker},1\n`);
    expect((await harness.rows(editor, asCsv.datasetId)).rows[0]?.[0]).toBe(rows[0]?.[1]);
    expect(await harness.columnsHolding(marker)).toEqual([]);
    expect(await harness.filesHolding(marker)).toEqual([]);
    const { items } = await act<{ items: object[] }>('datasets.quarantine', editor, { datasetId });
    expect(items).toMatchObject([{ line: 4, raw: `${lines[3]}\r`, sealed: true, reason: 'it is not valid JSON' }]);
  });

  test('may have no header, and then its columns are named by their position', async () => {
    const { datasetId, load } = await loaded(editor, 'bare', ['column_1'], `${marker};1\nb;2\n`, { hasHeader: false });
    expect(load).toMatchObject({ state: 'ready', loadedRows: 2 });
    expect((await harness.rows(editor, datasetId)).columns.map(({ name }) => name)).toEqual(['column_1', 'column_2']);
  });

  test.each([
    ['without the declared column', `${marker},1\nJane Roe,2\n`, /no column "patient_id"/],
    ['that is JSON', `[{"patient_id": "${marker}"}]`, /Save the JSON file as CSV/],
    ['that is JSON Lines without the declared key', `{"pid": "${marker}"}\n`, /no column "patient_id"/],
    [
      'that is cut off in the middle of its gzip data',
      gzipSync(`patient_id\n${marker}\n`).subarray(0, 30),
      /damaged or cut off/,
    ],
    ['that is a ZIP archive', makeZip([people]), /Save the Excel or ZIP file as CSV/],
    ['that is a ZIP archive, packed again', gzipSync(makeZip([{ ...people, method: 0 }])), /holds another packed file/],
    ['that is empty', '', /no bytes/],
    [
      'of several zstd frames',
      Buffer.concat([zstdCompressSync('patient_id\na\n'), zstdCompressSync('b\n')]),
      /several parts/,
    ],
    [
      'that is prose',
      `Dear ${marker}, I hope that this letter finds you well.\nYours, as ever and always, the doctor.\n`,
      /looks like a text|no column/,
    ],
  ])('%s fails with a word that repeats nothing of it', async (name, content, message) => {
    const { load } = await loaded(editor, name, ['patient_id'], content);
    expect(load).toMatchObject({ state: 'failed', error: { message: expect.stringMatching(message) } });
    expect(JSON.stringify(load)).not.toContain(marker);
    expect(await harness.columnsHolding(marker)).toEqual([]);
    expect(await harness.filesHolding(marker)).toEqual([]);
  });
});

describe('one person', () => {
  const firstPseudonym = async (identity: typeof editor, name: string, identifier: string) => {
    const { datasetId } = await loaded(identity, name, [identifier], `${identifier},x\n${marker},1\n`);
    return (await harness.rows(identity, datasetId)).rows[0]?.[0];
  };

  test('is linked across the datasets of an organization, whatever the columns are called, and never across organizations', async () => {
    const one = await firstPseudonym(editor, 'link one', 'patient');
    expect(await firstPseudonym(ours.as.colleague, 'link two', 'pid')).toBe(one);
    expect(await firstPseudonym(theirs.as.editor, 'link three', 'patient')).not.toBe(one);
  });

  test('is HMAC-SHA-256 of what stands in the cell, under the key in the database', async () => {
    const pseudonym = await firstPseudonym(editor, 'hmac', 'patient');
    const { rows } = await owner.query(
      `select id, wrapped from encryption_keys where tenant_id = $1 and purpose = 'pseudonym' and retired_at is null`,
      [ours.tenantId],
    );
    const key = harness.dependencies.masterKeys!.unwrap(
      rows[0].wrapped,
      keyContext.pseudonym(ours.tenantId, rows[0].id),
    );
    expect(pseudonym).toBe(createHmac('sha256', key).update(marker).digest('hex'));
  });

  test('is another one after a rotation, which the column says; what was loaded stays', async () => {
    const organization = await harness.organization('rotating');
    const before = await firstPseudonym(organization.as.editor, 'before', 'id');
    expect(await act('encryption.rotate', organization.as.admin, {})).toMatchObject({ version: 2 });
    const after = await loaded(organization.as.editor, 'after', ['id'], `id\n${marker}\n`);
    const rows = (await harness.rows(organization.as.editor, after.datasetId)).rows;
    expect(rows[0]?.[0]).not.toBe(before);
    const { rows: evidence } = await owner.query(
      `select c.evidence -> 'pseudonym' ->> 'keyVersion' as version, k.version as recorded from dataset_columns c
       join dataset_versions v on v.id = c.version_id join encryption_keys k on k.id = v.pseudonym_key_id where v.id = $1`,
      [after.versionId],
    );
    expect(evidence).toEqual([{ version: '2', recorded: 2 }]);
  });
});

describe('a key', () => {
  test('that was destroyed ends new loads with a word; what was loaded is still read, and a new key goes on', async () => {
    const organization = await harness.organization('destroying');
    const identity = organization.as.editor;
    const { datasetId } = await loaded(identity, 'kept', ['id'], `id\n${marker}\n`);
    const pending = await request(identity, datasetId, `id\n${marker}\n`);
    const { items } = await act<{ items: { id: string; purpose: string }[] }>(
      'encryption.keys',
      organization.as.admin,
      {},
    );
    const pseudonymKey = items.find(({ purpose }) => purpose === 'pseudonym')!;
    await act('encryption.destroy', organization.as.admin, { encryptionKeyId: pseudonymKey.id });
    await run(identity, pending);
    expect(await harness.status(identity, pending)).toMatchObject({
      state: 'failed',
      error: { kind: 'precondition', message: expect.stringMatching(/pseudonym key was destroyed/) },
    });
    expect((await harness.rows(identity, datasetId)).rows).toHaveLength(1);
    const { rows } = await owner.query('select wrapped, destroyed_at from encryption_keys where id = $1', [
      pseudonymKey.id,
    ]);
    expect(rows).toEqual([{ wrapped: null, destroyed_at: expect.anything() }]);
    await act('encryption.rotate', organization.as.admin, {});
    const next = await request(identity, datasetId, `id\n${marker}\n`);
    await run(identity, next);
    expect((await harness.status(identity, next)).state).toBe('ready');
  });

  test('under a master key that the worker has not, or none, ends the load with what is to be set', async () => {
    for (const [masterKeys, message] of [
      [MasterKeys.parse(newMasterKey()), /is not the key that this was encrypted under/],
      [MasterKeys.none, /set GRANARY_MASTER_KEY/],
    ] as const) {
      const datasetId = await harness.createPeople(editor, `master ${message.source}`, ['id']);
      const ids = await request(editor, datasetId, 'id\n1\n');
      await run(editor, ids, { masterKeys });
      expect(await harness.status(editor, ids)).toMatchObject({
        state: 'failed',
        error: { kind: 'precondition', message: expect.stringMatching(message) },
      });
    }
  });

  test('is rotated and destroyed by administrators alone, and of a dataset by those who administer that', async () => {
    const datasetId = await harness.createPeople(editor, 'whose key', ['id']);
    await expect(act('encryption.rotate', editor, {})).rejects.toMatchObject({ kind: 'forbidden' });
    await expect(act('encryption.rotate', admin, { datasetId })).rejects.toMatchObject({ kind: 'not_found' });
    const { rows } = await owner.query('select id from encryption_keys where dataset_id = $1', [datasetId]);
    await expect(act('encryption.destroy', admin, { encryptionKeyId: rows[0].id })).rejects.toMatchObject({
      kind: 'not_found',
    });
    await expect(act('encryption.destroy', theirs.as.owner, { encryptionKeyId: uuidv7() })).rejects.toMatchObject({
      kind: 'not_found',
    });
    const { items } = await act<{ items: { datasetId: string | null }[] }>('encryption.keys', admin, {});
    expect(items.map((each) => each.datasetId)).not.toContain(datasetId);
  });

  test('that another one takes the place of does not open', async () => {
    const { datasetId } = await loaded(editor, 'swapped', ['id'], `id\n${marker}\nx,y\n`);
    const other = await loaded(theirs.as.editor, 'swapped', ['id'], `id\n${marker}\n`);
    await owner.query(
      `update encryption_keys k set wrapped = o.wrapped from encryption_keys o where k.dataset_id = $1 and o.dataset_id = $2`,
      [datasetId, other.datasetId],
    );
    await expect(act('datasets.quarantine', editor, { datasetId })).rejects.toMatchObject({ kind: 'precondition' });
  });
});

describe('what is stored', () => {
  const objectPath = (sha256: string) =>
    path.join(harness.folder, 'objects', ours.tenantId, sha256.slice(0, 2), sha256);

  test.each([
    ['in the middle of a row', `id,age\n${'a,1\n'.repeat(50_000)}`, 100_000],
    ['at the header', 'id,age\na,1\nb,2\n', 0],
    ['in packed data', gzipSync(`id,age\n${'a,1\n'.repeat(50_000)}`), 40],
  ])('and was changed %s fails as such, and loads nothing', async (name, content, at) => {
    const datasetId = await harness.createPeople(editor, `tampered ${name}`, ['id']);
    const ids = await request(editor, datasetId, content);
    const bytes = await readFile(objectPath(ids.sha256));
    bytes[at]! ^= 0x55;
    await writeFile(objectPath(ids.sha256), bytes);
    await run(editor, ids);
    expect(await harness.status(editor, ids)).toMatchObject({
      state: 'failed',
      error: { kind: 'corrupt', message: expect.stringMatching(/its digest differs/) },
    });
  });

  test('is removed with its key once it is loaded, where no original is to be kept', async () => {
    const { versionId, datasetId, sha256, load } = await loaded(editor, 'forgotten', ['patient_id', 'name'], messy, {
      keepOriginal: false,
    });
    expect(load).toMatchObject({ state: 'ready', loadedRows: 4, quarantinedRows: 3 });
    expect(await harness.store.stat({ tenantId: ours.tenantId, sha256 })).toBeNull();
    const { rows } = await owner.query(
      `select original_sha256, sealed_file_id, (select count(*)::int from sealed_files where dataset_id = $2) as files,
         (select count(*)::int from uploads where sha256 = $3) as uploads,
         (select count(*)::int from stored_objects where sha256 = $3) as objects,
         (select count(*)::int from doomed_objects where sha256 = $3) as doomed from dataset_versions where id = $1`,
      [versionId, datasetId, sha256],
    );
    expect(rows).toEqual([
      { original_sha256: null, sealed_file_id: null, files: 0, uploads: 0, objects: 0, doomed: 0 },
    ]);
    const { items } = await act<{ items: object[] }>('datasets.quarantine', editor, { datasetId });
    expect(items[0]).toMatchObject({ raw: '', sealed: false, line: 7, reason: '3 fields where 4 are expected' });
  });

  test('is kept where its load failed, or another version was made of it', async () => {
    const { sha256, load } = await loaded(editor, 'still there', ['absent'], messy, { keepOriginal: false });
    expect(load.state).toBe('failed');
    expect(await harness.store.stat({ tenantId: ours.tenantId, sha256 })).not.toBeNull();
  });
});

describe('quarantined text', () => {
  test('is sealed in the table, and read by who administers the dataset alone', async () => {
    const { datasetId, versionId } = await loaded(editor, 'quarantine', ['patient_id', 'name'], messy);
    const { rows } = await owner.query('select raw from quarantined_rows where version_id = $1', [versionId]);
    expect(rows).toHaveLength(3);
    for (const { raw } of rows) expect(raw).toMatch(/^sealed:[0-9a-f-]{36}:file:[A-Za-z0-9+/=]+$/);
    const read = (identity: typeof editor) =>
      act<{ items: { raw: string; sealed: boolean }[] }>('datasets.quarantine', identity, { datasetId });
    expect((await read(editor)).items[0]).toMatchObject({ raw: `${marker},too,few`, sealed: true });
    await act('datasets.share', editor, { datasetId, userId: ours.as.colleague.userId, access: 'write' });
    expect((await read(ours.as.colleague)).items.map(({ raw, sealed }) => [raw, sealed])).toEqual(
      Array(3).fill(['', true]),
    );
  });

  test('leaves an event where it is read, and none where it is not', async () => {
    const { datasetId } = await loaded(editor, 'seen', ['patient_id', 'name'], messy);
    await act('datasets.share', editor, { datasetId, userId: ours.as.colleague.userId, access: 'read' });
    await act('datasets.quarantine', ours.as.colleague, { datasetId });
    await act('datasets.quarantine', editor, { datasetId, reason: 'no such reason' });
    const events = async () =>
      (
        await owner.query(
          `select actor_id as actor, details from audit_events where action = 'datasets.quarantine' and entity_id = $1`,
          [datasetId],
        )
      ).rows;
    expect(await events()).toEqual([]);
    await act('datasets.quarantine', editor, { datasetId });
    expect(await events()).toEqual([{ actor: editor.userId, details: { version: 1, unsealed: 3 } }]);
  });

  test('can be dismissed, which writes nothing of it down', async () => {
    const { datasetId } = await loaded(editor, 'dismissed', ['patient_id', 'name'], messy);
    const dismissal = { datasetId, version: 1, quarantined: [{ number: 1 }], reason: 'a duplicate' };
    expect(await act('datasets.dismissQuarantine', editor, dismissal)).toMatchObject({ changed: 1 });
    expect(await harness.columnsHolding(marker)).toEqual([]);
  });

  test('that is copied to another row does not open there', async () => {
    const { datasetId, versionId } = await loaded(editor, 'moved', ['patient_id', 'name'], messy);
    await owner.query(
      `update quarantined_rows q set raw = (select raw from quarantined_rows where version_id = $1 and number = 2) where version_id = $1 and number = 1`,
      [versionId],
    );
    await expect(act('datasets.quarantine', editor, { datasetId })).rejects.toThrow('does not open');
  });
});

describe('identifiers', () => {
  const declare = (datasetId: string, identifiers: string[]) =>
    act<{ dataset: { identifiers: string[] }; migrates: boolean }>('datasets.declareIdentifiers', editor, {
      datasetId,
      identifiers,
    });

  test('can be declared later while nothing was uploaded, and corrected while nothing was loaded', async () => {
    const datasetId = await harness.createPeople(editor, 'later', []);
    expect(await declare(datasetId, ['wrong'])).toMatchObject({ dataset: { identifiers: ['wrong'] }, migrates: false });
    await run(editor, await request(editor, datasetId, `id\n${marker}\n`)); // fails: there is no such column
    await declare(datasetId, ['id']);
    const ids = await request(editor, datasetId, `id,age\n${marker},1\n`);
    await run(editor, ids);
    expect((await harness.status(editor, ids)).state).toBe('ready');
    await expect(declare(datasetId, ['age'])).rejects.toMatchObject({ kind: 'precondition' });
  });

  const migrate = (datasetId: string, changed = {}) =>
    pseudonymiseDataset(
      { ...harness.dependencies, ...changed },
      { datasetId },
      { jobId: datasetId, identity: editor, signal: new AbortController().signal },
    );
  const versionsOf = async (datasetId: string) =>
    (await owner.query('select number, state from dataset_versions where dataset_id = $1 order by number', [datasetId]))
      .rows;

  describe('that are declared when rows were loaded', () => {
    const value = 'DECLARED-LATE-99';
    const content = `id,age\n${value},1\n${value},too,many\nb,2\n`;
    const plain = async (name: string) => {
      const datasetId = await harness.createPeople(editor, name, []);
      await run(editor, await request(editor, datasetId, content));
      await run(editor, await request(editor, datasetId, `${content}c,3\n`));
      return datasetId;
    };

    test('are replaced by loading the file again, and every version that holds them is removed', async () => {
      const datasetId = await plain('migrated');
      expect(await harness.columnsHolding(value)).not.toEqual([]);
      expect(await declare(datasetId, ['id'])).toMatchObject({ migrates: true });
      await migrate(datasetId);
      expect(await versionsOf(datasetId)).toEqual([{ number: 3, state: 'ready' }]);
      expect(await harness.columnsHolding(value)).toEqual([]);
      const { rows } = await harness.rows(editor, datasetId);
      expect(rows.map(([id, age]) => [String(id).length, age])).toEqual([
        [64, 1],
        [64, 2],
        [64, 3],
      ]);
      const { items } = await act<{ items: { raw: string }[] }>('datasets.quarantine', editor, { datasetId });
      expect(items.map(({ raw }) => raw)).toEqual([`${value},too,many`]);
      const { rows: references } = await owner.query(
        `select count(*)::int as n from uploads u where u.tenant_id = $1 and u.state = 'finished' and u.sealed_file_id is null
           and u.sha256 in (encode(sha256(convert_to($2, 'UTF8')), 'hex'), encode(sha256(convert_to($3, 'UTF8')), 'hex'))`,
        [ours.tenantId, content, `${content}c,3\n`],
      );
      expect(references).toEqual([{ n: 0 }]);
      await migrate(datasetId); // once more changes nothing
      expect(await versionsOf(datasetId)).toEqual([{ number: 3, state: 'ready' }]);
    });

    test.each(['accepted', 'pseudonymising', 'publishing', 'published'])(
      'are replaced also when the worker stopped at %s',
      async (at) => {
        const datasetId = await plain(`stopped at ${at}`);
        await declare(datasetId, ['id']);
        const onStep = async (step: string) => {
          if (step === at) throw new Error('stopped');
        };
        await expect(migrate(datasetId, { onStep })).rejects.toThrow('stopped');
        await migrate(datasetId);
        expect(await versionsOf(datasetId)).toEqual([{ number: 3, state: 'ready' }]);
        expect(await harness.columnsHolding(value)).toEqual([]);
      },
    );

    test('are replaced by another worker, when the one that did it was killed', async () => {
      const datasetId = await plain('killed while it was migrated');
      await owner.query('delete from jobs.job'); // those of the loads above, which ran without their jobs
      await declare(datasetId, ['id']);
      await harness.killWorkerAt('publishing');
      expect((await versionsOf(datasetId)).map(({ state }) => state)).toEqual(['ready', 'ready', 'loading']);
      await harness.withWorker(() =>
        expect.poll(() => versionsOf(datasetId), { interval: 200 }).toEqual([{ number: 3, state: 'ready' }]),
      );
      expect(await harness.columnsHolding(value)).toEqual([]);
    });

    test('stay where the file has no such column, and the version says why', async () => {
      const datasetId = await plain('not there');
      await declare(datasetId, ['absent']);
      await migrate(datasetId);
      expect((await versionsOf(datasetId)).map(({ state }) => state)).toEqual(['ready', 'ready', 'failed']);
      await declare(datasetId, ['id']);
      await migrate(datasetId);
      expect(await versionsOf(datasetId)).toEqual([
        { number: 3, state: 'failed' },
        { number: 4, state: 'ready' },
      ]);
      expect(await harness.columnsHolding(value)).toEqual([]);
    });

    test('are replaced from the sealed file, where another column was declared before', async () => {
      const datasetId = await harness.createPeople(editor, 'one more', ['id']);
      const ids = await request(editor, datasetId, `id,name\n1,${value}\n${value}\n`);
      await run(editor, ids);
      expect(await harness.columnsHolding(value)).toHaveLength(1);
      expect(await declare(datasetId, ['id', 'name'])).toMatchObject({ migrates: true });
      await migrate(datasetId);
      expect(await versionsOf(datasetId)).toEqual([{ number: 2, state: 'ready' }]);
      expect(await harness.columnsHolding(value)).toEqual([]);
      expect((await harness.rows(editor, datasetId)).rows).toEqual([
        [expect.any(String), expect.stringMatching(/^[0-9a-f]{64}$/)],
      ]);
      const { items } = await act<{ items: { raw: string }[] }>('datasets.quarantine', editor, { datasetId });
      expect(items.map(({ raw }) => raw)).toEqual([value]);
    });

    test('are refused where a version is held by an alias, was changed since, or has no original', async () => {
      const datasetId = await plain('held');
      const { rows } = await owner.query(
        'select id, number from dataset_versions where dataset_id = $1 order by number',
        [datasetId],
      );
      const [first, second] = rows;
      await owner.query(
        `insert into dataset_aliases (tenant_id, dataset_id, name, version_id, moved_by) values ($1, $2, 'paper', $3, $4)`,
        [ours.tenantId, datasetId, first.id, editor.userId],
      );
      const refused = (details: object) =>
        expect(declare(datasetId, ['id'])).rejects.toMatchObject({ kind: 'precondition', details });
      await refused({ versions: [first.number] });
      await owner.query('delete from dataset_aliases where dataset_id = $1', [datasetId]);
      await owner.query('update dataset_versions set change_count = 1 where id = $1', [second.id]);
      await refused({ versions: [second.number] });
      await owner.query('update dataset_versions set change_count = 0, original_sha256 = null where id = $1', [
        second.id,
      ]);
      await refused({ versions: [second.number] });
      const { rows: still } = await owner.query('select identifiers from datasets where id = $1', [datasetId]);
      expect(still).toEqual([{ identifiers: [] }]);
      await act('datasets.delete', editor, { datasetId });
    });
  });
});

test('a worker that is killed in the middle leaves nothing of an identifier, and another one completes the load', {
  timeout: 600_000,
}, async () => {
  const datasetId = await harness.createPeople(editor, 'killed', ['patient_id', 'name']);
  await owner.query('delete from jobs.job'); // those of the tests above, which ran without their jobs
  const ids = await request(editor, datasetId, large);
  await harness.killWorkerAt('pseudonymising');
  const left = await readdir(path.join(harness.folder, 'work'), { recursive: true });
  expect(left.join(' ')).toContain('pseudonymised.csv');
  for (const text of [marker, secondMarker, 'Jürgen']) {
    expect(await harness.filesHolding(text)).toEqual([]);
    expect(await harness.columnsHolding(text)).toEqual([]);
  }
  await run(editor, ids);
  expect(await harness.status(editor, ids)).toMatchObject({ state: 'ready' });
});
