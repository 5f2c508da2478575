import type { Member } from '@granary/db';
import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import { describe, expect, test } from 'vitest';
import { executeAction } from '../actions/execute-action.ts';
import { actions } from '../actions/registry.ts';
import { dependenciesOf } from '../isolation/populate.ts';
import { publishVersion } from '../testing/publish-version.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const administrator = database.pool('supabase_admin');
const dependencies = dependenciesOf(database);
const ours = await createTestOrganization(owner, 'ours');
const theirs = await createTestOrganization(owner, 'theirs');
const editor = ours.as.editor;

type ActionName = (typeof actions)[number]['name'];
async function act<T>(identity: Member, name: ActionName, input: unknown): Promise<T> {
  const action = actions.find((each) => each.name === name)!;
  return (await executeAction(dependencies, action, identity, input)) as T;
}

/** As PostgREST calls it: its login becomes the role of the token and sets the token's claims, which name no organization. */
async function rpc(
  identity: Member | null,
  role: 'authenticated' | 'anon' | 'service_role',
  call: string,
  values: unknown[] = [],
) {
  const client = await administrator.connect();
  try {
    await client.query('begin');
    const claims = identity ? { sub: identity.userId, role } : { role };
    await client.query(`select set_config('request.jwt.claims', $1, true), set_config('role', $2, true)`, [
      JSON.stringify(claims),
      role,
    ]);
    const { rows } = await client.query(`select * from ${call}`, values);
    await client.query('commit');
    return rows;
  } catch (error) {
    await client.query('rollback');
    throw error;
  } finally {
    client.release();
  }
}

async function dataset(identity: Member, name: string, rows: (string | null)[][], chunkSize = 100): Promise<string> {
  const { dataset: made } = await act<{ dataset: { id: string } }>(identity, 'datasets.create', { name });
  const columns = [
    { name: 'patient_id', type: 'text' },
    { name: 'age', type: 'bigint' },
  ] as const;
  await publishVersion(owner, { ...identity, datasetId: made.id }, { columns, rows, chunkSize });
  return made.id;
}

const rows = [
  ['a', '61'],
  ['b', null],
];
const patients = await dataset(editor, 'patients', rows);
await dataset(editor, 'wide', rows, 1);
await dataset(theirs.as.editor, 'theirs alone', [['x', '1']]);
await dataset(ours.as.colleague, 'private', [['y', '2']]);

const code = (promise: Promise<unknown>) =>
  promise.then(
    () => 'no error',
    (error: unknown) => (error instanceof Error && 'code' in error ? error.code : error),
  );

describe('as supabase-js calls them', () => {
  test('one sees one’s own tables and those that are shared, by name', async () => {
    expect(await rpc(editor, 'authenticated', 'get_all_tables()')).toEqual([
      { table_name: 'patients', table_type: 'BASE TABLE' },
      { table_name: 'wide', table_type: 'BASE TABLE' },
    ]);
    expect(await rpc(ours.as.viewer, 'authenticated', `get_all_tables(schema_name => '_realtime')`)).toEqual([]);
  });

  test('columns, existence and the search by column answer for what one may read', async () => {
    const columns = await rpc(editor, 'authenticated', `get_table_columns(table_name => 'patients')`);
    expect(columns).toEqual([
      { column_name: 'rowid', data_type: 'bigint', is_nullable: 'NO' },
      { column_name: 'patient_id', data_type: 'text', is_nullable: 'YES' },
      { column_name: 'age', data_type: 'bigint', is_nullable: 'YES' },
    ]);
    expect(await rpc(editor, 'authenticated', `search_tables_by_column(column_name => 'PATIENT_ID')`)).toEqual([
      { table_name: 'patients' },
      { table_name: 'wide' },
    ]);
    expect(await rpc(editor, 'authenticated', `search_tables_by_column(column_name => 'patient')`)).toEqual([]);
    for (const [name, exists] of [
      ['patients', true],
      ['patients_p1', true],
      [patients, true],
      ['theirs alone', false],
      ['private', false],
      ['nothing', false],
    ] as const)
      expect(await rpc(editor, 'authenticated', 'table_exists(table_name => $1)', [name])).toEqual([
        { table_exists: exists },
      ]);
  });

  test('rows are objects, whole however many tables hold them, and never more than asked for', async () => {
    for (const name of ['patients', 'wide']) {
      const found = await rpc(editor, 'authenticated', 'select_from_table(table_name => $1, row_limit => 1)', [name]);
      expect(found).toEqual([{ select_from_table: { rowid: 1, patient_id: 'a', age: 61, user_id: editor.userId } }]);
    }
    expect(await rpc(editor, 'authenticated', `select_from_table('patients')`)).toHaveLength(2);
    expect(await code(rpc(editor, 'authenticated', `select_from_table('patients', 10001)`))).toBe('GR400');
  });

  test('a row is updated by its rowid, with the caller’s right to write, in the history and in the audit', async () => {
    const update = `update_table_row(table_name => 'patients', row_id => 2, updates => '{"age": 70, "patient_id": null}')`;
    expect(await rpc(editor, 'authenticated', update)).toEqual([{ update_table_row: true }]);
    expect(await rpc(editor, 'authenticated', `select_from_table('patients')`)).toContainEqual({
      select_from_table: { rowid: 2, patient_id: null, age: 70, user_id: editor.userId },
    });
    const history = await owner.query('select before, after from dataset_row_changes where dataset_id = $1', [
      patients,
    ]);
    expect(history.rows).toEqual([{ before: { age: null, patient_id: 'b' }, after: { age: '70', patient_id: null } }]);
    const events = await owner.query(
      `select tenant_id, actor_kind, actor_id, details from audit_events where action = 'tables.updateRow' and entity_id = $1`,
      [patients],
    );
    expect(events.rows).toEqual([
      {
        tenant_id: ours.tenantId,
        actor_kind: 'user',
        actor_id: editor.userId,
        details: { rowId: 2, columns: ['age', 'patient_id'] },
      },
    ]);
    expect(await rpc(editor, 'authenticated', `update_table_row('patients', 99, '{"age": 1}')`)).toEqual([
      { update_table_row: false },
    ]);
    expect(await code(rpc(editor, 'authenticated', `update_table_row('patients', 1, '{"age": "old"}')`))).toBe('GR400');
    expect(await code(rpc(editor, 'authenticated', `update_table_row('patients', 1, '{"no": 1}')`))).toBe('GR400');
    expect(await code(rpc(editor, 'authenticated', `update_table_row('patients', 1, '[]')`))).toBe('GR400');
  });

  test('who only reads a table is told so, and who does not is told that there is none', async () => {
    await act(editor, 'datasets.share', { datasetId: patients, userId: ours.as.viewer.userId });
    const update = `update_table_row('patients', 1, '{"age": 1}')`;
    expect(await code(rpc(ours.as.viewer, 'authenticated', update))).toBe('GR403');
    expect(await code(rpc(ours.as.colleague, 'authenticated', update))).toBe('GR404');
    expect(await code(rpc(theirs.as.owner, 'authenticated', update))).toBe('GR404');
  });

  test('insert_metadata describes a table, or makes one of one’s own', async () => {
    const call = `insert_metadata(table_name => 'patients_p1', main_table_name => 'patients', description => 'a cohort', origin => 'here')`;
    expect(await rpc(editor, 'authenticated', call)).toEqual([{ insert_metadata: patients }]);
    const made = await rpc(ours.as.colleague, 'authenticated', call);
    expect(made).not.toEqual([{ insert_metadata: patients }]);
    const { rows: described } = await owner.query(
      `select owner_id, description, origin from datasets where name = 'patients' order by owner_id = $1 desc`,
      [editor.userId],
    );
    expect(described).toEqual([
      { owner_id: editor.userId, description: 'a cohort', origin: 'here' },
      { owner_id: ours.as.colleague.userId, description: 'a cohort', origin: 'here' },
    ]);
    expect(await code(rpc(ours.as.viewer, 'authenticated', `insert_metadata('new', 'new')`))).toBe('GR403');
    const events = await owner.query(
      `select count(*)::int as n from audit_events where action = 'tables.insertMetadata'`,
    );
    expect(events.rows).toEqual([{ n: 2 }]);
  });

  test('tables are made by the service alone, for somebody, and hold text', async () => {
    const call = `create_data_table(p_schema_name => '_realtime', p_table_name => 'made', p_column_names => array['Höhe (m)', 'user_id'],
      p_id_column => 'id', p_user_id => $1)`;
    expect(await code(rpc(editor, 'authenticated', call, [editor.userId]))).toBe('42501');
    expect(await code(rpc(null, 'service_role', call, [null]))).toBe('GR400');
    await rpc(null, 'service_role', call, [ours.as.admin.userId]);
    expect(await rpc(ours.as.admin, 'authenticated', `get_table_columns('made')`)).toEqual([
      { column_name: 'rowid', data_type: 'bigint', is_nullable: 'NO' },
      { column_name: 'id', data_type: 'text', is_nullable: 'YES' },
      { column_name: 'h_he_m', data_type: 'text', is_nullable: 'YES' },
      { column_name: 'user_id_2', data_type: 'text', is_nullable: 'YES' },
    ]);
    expect(await rpc(ours.as.admin, 'authenticated', `select_from_table('made')`)).toEqual([]);
    expect(await code(rpc(ours.as.editor, 'authenticated', `select_from_table('made')`))).toBe('GR404');
  });

  test('anon may call none of them', async () => {
    for (const call of [
      'get_all_tables()',
      `get_table_columns('patients')`,
      `table_exists('patients')`,
      `search_tables_by_column('age')`,
      `select_from_table('patients')`,
      `update_table_row('patients', 1, '{"age": 1}')`,
      `insert_metadata('patients', 'patients')`,
      `create_data_table('_realtime', 'patients', '{a}')`,
    ])
      expect(await code(rpc(null, 'anon', call)), call).toBe('42501');
  });
});

const hostile = [
  `patients'; drop table datasets; --`,
  `patients" union select * from auth.users --`,
  `' or true --`,
  '%I %L %s %1$s',
  'public.users',
  'auth.users',
  'data.v_0',
  '../datasets',
  '$$; select 1; $$',
  '\\',
  'patients%',
  '_______s',
  'null',
];

describe('injected into every argument, nothing but names comes of it', () => {
  test.each(hostile)('%s', async (text) => {
    const state = async () =>
      (
        await owner.query(
          `select (select md5(string_agg(d::text, '' order by id)) from datasets d) as datasets, (select count(*) from dataset_row_changes) as changes`,
        )
      ).rows;
    const before = await state();
    const asCaller = (call: string, values: unknown[]) => code(rpc(editor, 'authenticated', call, values));
    expect(await asCaller('get_all_tables($1)', [text])).toBe('GR400');
    expect(await asCaller('get_table_columns($1)', [text])).toBe('GR404');
    expect(await asCaller(`get_table_columns('patients', $1)`, [text])).toBe('GR400');
    expect(await rpc(editor, 'authenticated', 'table_exists($1)', [text])).toEqual([{ table_exists: false }]);
    expect(await asCaller(`table_exists('patients', $1)`, [text])).toBe('GR400');
    expect(await rpc(editor, 'authenticated', 'search_tables_by_column($1)', [text])).toEqual([]);
    expect(await asCaller(`search_tables_by_column('age', $1)`, [text])).toBe('GR400');
    expect(await asCaller('select_from_table($1)', [text])).toBe('GR404');
    expect(await asCaller(`select_from_table('patients', 1, $1)`, [text])).toBe('GR400');
    expect(await asCaller(`update_table_row($1, 1, '{"age": 1}')`, [text])).toBe('GR404');
    expect(await asCaller(`update_table_row('patients', 1, $1)`, [JSON.stringify({ [text]: '1' })])).toBe('GR400');
    expect(await asCaller(`update_table_row('patients', 1, $1)`, [JSON.stringify({ age: text })])).toBe('GR400');
    expect(await asCaller(`update_table_row('patients', 1, '{"age": 1}', $1)`, [text])).toBe('GR400');
    expect(await state()).toEqual(before);

    const asService = (call: string, values: unknown[]) =>
      rpc(null, 'service_role', `create_data_table(${call})`, values);
    expect(await code(asService(`$1, 'made', '{a}', null, $2`, [text, editor.userId]))).toBe('GR400');
    const [created] = await asService(`'_realtime', $1, array[$1 || 'x', 'age'], $1 || 'y', $2`, [
      text,
      theirs.as.admin.userId,
    ]);
    const [described] = await rpc(ours.as.admin, 'authenticated', 'insert_metadata($1, $1, $1, $1)', [text]);
    expect(
      (
        await owner.query('select name from datasets where id in ($1, $2)', [
          created.create_data_table,
          described.insert_metadata,
        ])
      ).rows,
    ).toEqual([{ name: text }, { name: text }]);
    await owner.query('update datasets set current_version_id = null where name = $1', [text]);
    await owner.query('delete from datasets where name = $1', [text]);
  });
});

describe('as typed procedures', () => {
  test('they answer the same', async () => {
    expect(await act(editor, 'tables.list', {})).toContainEqual({ tableName: 'patients', tableType: 'BASE TABLE' });
    expect(await act(editor, 'tables.columns', { tableName: 'wide' })).toHaveLength(3);
    expect(await act(editor, 'tables.exists', { tableName: 'private' })).toEqual({ exists: false });
    expect(await act(editor, 'tables.search', { columnName: 'Age' })).toContainEqual({ tableName: 'wide' });
    expect(await act(editor, 'tables.select', { tableName: 'wide', rowLimit: 1 })).toEqual([
      { rowid: 1, patient_id: 'a', age: 61, user_id: editor.userId },
    ]);
  });

  test('they write with one audit event each', async () => {
    const { datasetId } = await act<{ datasetId: string }>(editor, 'tables.create', {
      name: 'typed',
      columns: [{ name: 'Day', type: 'date' }, { name: 'note' }],
    });
    expect(await act(editor, 'tables.columns', { tableName: 'typed' })).toContainEqual({
      columnName: 'day',
      dataType: 'date',
      isNullable: 'YES',
    });
    await act(editor, 'tables.insertMetadata', { tableName: 'typed', description: 'days' });
    expect(await act(editor, 'tables.updateRow', { tableName: 'typed', rowId: 1, updates: { note: 'x' } })).toEqual({
      datasetId,
      updated: false,
    });
    const { rows: events } = await owner.query(`select action from audit_events where entity_id = $1 order by id`, [
      datasetId,
    ]);
    expect(events).toEqual(
      ['tables.create', 'tables.insertMetadata', 'tables.updateRow'].map((action) => ({ action })),
    );
  });

  test('no other schema can be named', async () => {
    await expect(act(editor, 'tables.list', { schemaName: 'auth' })).rejects.toMatchObject({ kind: 'invalid' });
  });
});

test('a name that several people share is theirs to tell apart by id; one’s own comes first', async () => {
  const [one, two] = [await dataset(ours.as.colleague, 'common', rows), await dataset(ours.as.admin, 'common', rows)];
  await act(ours.as.colleague, 'datasets.share', { datasetId: one, userId: editor.userId });
  await act(ours.as.admin, 'datasets.share', { datasetId: two, userId: editor.userId });
  expect(await code(rpc(editor, 'authenticated', `select_from_table('common')`))).toBe('GR409');
  expect(await rpc(editor, 'authenticated', 'select_from_table($1)', [two])).toHaveLength(2);
  await dataset(editor, 'common', [['mine', '1']]);
  expect(await rpc(editor, 'authenticated', `select_from_table('common')`)).toHaveLength(1);
});
