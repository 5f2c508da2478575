import { publishVersion } from '@granary/domain/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { createDataset, shareDataset } from '../testing/datasets.ts';
import { startTestApi } from '../testing/start-test-api.ts';

const api = await startTestApi();
const { owner, ours } = api;

const columns = [
  { name: 'id', type: 'bigint' },
  { name: 'label', type: 'text' },
  { name: 'exact', type: 'numeric' },
  { name: 'ratio', type: 'double precision' },
  { name: 'flag', type: 'boolean' },
  { name: 'at', type: 'timestamptz' },
  { name: 'doc', type: 'jsonb' },
] as const;
const rows = [
  ['9007199254740993', 'plain', '0.10', '1e300', 't', '2026-11-21 09:02:00.5+00', '{"a":"b"}'],
  ['2', 'with "quotes", and\nlines', '123456789012345678901234567890.5', 'NaN', 'f', '2026-11-21 09:02:00+05:30', null],
  ['-3', '', null, null, null, null, null],
  ['4', '=1+1', '-1', '-0.5', 't', null, '[1]'],
];

let datasetId = '';
let versionId = '';
beforeAll(async () => {
  await owner.query(`alter role granary_api set timezone = 'UTC'`).catch(() => {});
  ({ datasetId } = await createDataset(api, 'Messwerte «2026»'));
  ({ versionId } = await publishVersion(owner, { ...ours.as.editor, datasetId }, { columns, rows, chunkSize: 3 }));
  await owner.query(
    `update dataset_columns set original_name = 'Label, original' where version_id = $1 and name = 'label'`,
    [versionId],
  );
});
const csv = (query = '', key = api.keys.editor) => api.fetch(`/v1/datasets/${datasetId}/rows.csv${query}`, { key });

describe('an export', () => {
  test('has every digit, nulls apart from empty texts, and the names of the file', async () => {
    const response = await csv();
    expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present');
    expect(response.headers.get('content-disposition')).toContain(
      `filename*=UTF-8''Messwerte%20%C2%AB2026%C2%BB-v1.csv`,
    );
    expect((await response.text()).split('\r\n')).toEqual([
      'id,"Label, original",exact,ratio,flag,at,doc',
      '9007199254740993,plain,0.10,1e+300,true,2026-11-21T09:02:00.5Z,"{""a"": ""b""}"',
      '2,"with ""quotes"", and\nlines",123456789012345678901234567890.5,NaN,false,2026-11-21T03:32:00Z,',
      '-3,"",,,,,',
      '4,=1+1,-1,-0.5,true,,[1]',
      '',
    ]);
  });

  test('of some columns and rows, in an order, with our names, disarmed for spreadsheets', async () => {
    const filter = encodeURIComponent('{"column":"id","op":"lt","value":5}');
    const order = encodeURIComponent('[{"column":"id","direction":"desc"}]');
    const response = await csv(
      `?columns=label,id,rowid&filter=${filter}&order=${order}&header=name&escapeFormulas=true`,
    );
    expect(await response.text()).toBe(
      `label,id,rowid\r\n'=1+1,4,4\r\n"with ""quotes"", and\nlines",2,2\r\n"",-3,3\r\n`,
    );
  });

  test('may go without a first line', async () => {
    const response = await csv('?columns=id&header=none');
    expect(response.headers.get('content-type')).toContain('header=absent');
    expect(await response.text()).toBe('9007199254740993\r\n2\r\n-3\r\n4\r\n');
  });

  test('leaves an audit event that says what was taken, not the values asked for', async () => {
    const filter = encodeURIComponent('{"column":"label","op":"eq","value":"Erika Mustermann"}');
    await api.fetch(`/v1/datasets/${datasetId}/rows.csv?columns=id&filter=${filter}`, {
      headers: { 'x-request-id': 'export-1' },
    });
    const found = await owner.query(
      `select action, entity_id, details from audit_events where request_id = 'export-1'`,
    );
    expect(found.rows).toEqual([
      { action: 'datasets.export', entity_id: datasetId, details: { version: 1, columns: ['id'], filtered: true } },
    ]);
  });

  test.for([
    ['?columns=nope', 400],
    ['?filter={"column":"id","op":"eq","value":"x"}', 400],
    ['?header=both', 400],
    ['?limit=5', 400],
    ['?version=2', 404],
  ] as const)('of %s is refused with %i, and leaves no event', async ([query, status]) => {
    const before = await owner.query('select count(*) from audit_events');
    const response = await csv(encodeURI(query));
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    expect((await owner.query('select count(*) from audit_events')).rows).toEqual(before.rows);
  });

  test('for whom it is not, is like one of a dataset that never was', async () => {
    for (const key of [api.keys.colleague, api.keys.stranger]) {
      const response = await csv('', key);
      expect([response.status, await response.json()]).toMatchObject([404, { detail: 'no such dataset' }]);
    }
  });
});

describe('a long export', () => {
  const total = 150_000; // 31 MB: more than the sockets' buffers take
  let longId = '';
  let table = '';
  beforeAll(async () => {
    ({ datasetId: longId } = await createDataset(api, 'long'));
    const made = await publishVersion(
      owner,
      { ...ours.as.editor, datasetId: longId },
      { columns: columns.slice(0, 2), rows: [] },
    );
    table = `data."v_${made.versionId.replaceAll('-', '')}_p1"`;
    await owner.query(
      `insert into ${table} (id, label) select n, repeat('x', 200) || n from generate_series(1, ${total}) n`,
    );
  });
  const long = (key = api.keys.editor) => api.fetch(`/v1/datasets/${longId}/rows.csv?columns=id,label`, { key });

  test('has every row once, in the order of the file', async () => {
    const lines = (await (await long()).text()).trimEnd().split('\r\n').slice(1);
    expect(lines.length).toBe(total);
    expect(lines.every((line, at) => line === `${at + 1},${'x'.repeat(200)}${at + 1}`)).toBe(true);
  });

  test('waits for a slow reader, and holds no connection meanwhile', async () => {
    let taken = 0;
    const count = () => {
      taken += 1;
    };
    api.pool.on('acquire', count);
    const response = await long();
    const reader = response.body!.getReader();
    await reader.read();
    const settled = async () => {
      const before = taken;
      await new Promise((resolve) => setTimeout(resolve, 300));
      return taken - before;
    };
    await expect.poll(settled).toBe(0);
    expect(taken).toBeLessThan(total / 2048 / 2);
    expect(api.pool.idleCount).toBe(api.pool.totalCount);
    let rest = 0;
    for (let part = await reader.read(); !part.done; part = await reader.read()) rest += part.value.length;
    expect(rest).toBeGreaterThan(total * 100);
    api.pool.off('acquire', count);
  });

  const readOn = async (reader: ReadableStreamDefaultReader<unknown>) => {
    for (let part = await reader.read(); !part.done; part = await reader.read());
  };

  test('breaks off, instead of ending, when the share that it reads through is taken back', async () => {
    const share = await shareDataset(api, longId);
    const reader = (await long(api.keys.colleague)).body!.getReader();
    await reader.read();
    await api.fetch(share, { method: 'DELETE' });
    await expect(readOn(reader)).rejects.toThrow('terminated');
  });

  test('breaks off also when that happens between the question whether it may and the rows', async () => {
    await shareDataset(api, longId);
    const reader = (await long(api.keys.colleague)).body!.getReader();
    await reader.read();
    const blocking = await owner.connect();
    await blocking.query('begin');
    await blocking.query(`lock table ${table}`); // the next page has been allowed, and waits before it looks
    const rest = expect(readOn(reader)).rejects.toThrow('terminated');
    const waiting = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
    await expect.poll(async () => (await owner.query(waiting)).rowCount).toBe(1);
    await owner.query('delete from dataset_shares where dataset_id = $1', [longId]);
    await blocking.query('commit');
    blocking.release();
    await rest;
  });

  test('stays with its version whatever is published meanwhile', async () => {
    const response = await long();
    const reader = response.body!.getReader();
    const { value: first } = await reader.read();
    await publishVersion(
      owner,
      { ...ours.as.editor, datasetId: longId },
      { columns: columns.slice(0, 1), rows: [['1']] },
    );
    let text = Buffer.from(first ?? []).toString();
    for (let part = await reader.read(); !part.done; part = await reader.read()) text += Buffer.from(part.value);
    expect(text.trimEnd().split('\r\n').length).toBe(total + 1);
  });

  test('breaks off when the dataset is deleted', async () => {
    const reader = (await api.fetch(`/v1/datasets/${longId}/rows.csv?version=1`)).body!.getReader();
    await reader.read();
    expect((await api.fetch(`/v1/datasets/${longId}`, { method: 'DELETE' })).status).toBe(200);
    await expect(readOn(reader)).rejects.toThrow('terminated');
    expect(api.logs()).not.toContain('internal error');
  });
});
