import { existsSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { SqlEdgeError, type SqlEdgeErrorKind } from './sql-edge-error.ts';
import { listFolder, openWithOrders, sandboxFolder } from './testing/small-sandbox.ts';

const failure = (running: Promise<unknown>): Promise<SqlEdgeError> =>
  running.then(
    (result) => expect.fail(`it ran: ${JSON.stringify(result)}`),
    (error: unknown) => (error instanceof SqlEdgeError ? error : expect.fail(String(error))),
  );

const secret = path.join(process.cwd(), 'package.json');

const refusals: readonly [what: string, sql: string, kind?: SqlEdgeErrorKind][] = [
  ['a path as a table', `select * from '${secret}'`],
  ['a glob as a table', `select * from '/etc/*'`],
  ['a file of the process', `select * from read_text('/proc/self/environ')`],
  ['a file as text', `select * from read_text('${secret}')`],
  ['a file as bytes', `select * from read_blob('${secret}')`],
  ['a file as CSV', `select * from read_csv('${secret}')`],
  ['a file as JSON', `select * from read_json_auto('${secret}')`],
  ['its own database', `select * from read_blob('run.db')`],
  ['a listing', `select * from glob('*')`],
  ['a listing in a subquery', `select (select count(*) from glob('/*'))`],
  ['a listing in a lateral join', `select * from orders o, lateral (select * from glob('/*')) g`],
  ['a listing in a CTE', `with x as (from glob('/*')) from x`],
  ['a listing in a set operation', `select '' union all select file from glob('/*')`],
  ['a listing in an order', `select id from orders order by (select count(*) from glob('/*'))`],
  ['a URL', `select * from 'https://example.com/x.parquet'`],
  ['httpfs', `select * from read_parquet('s3://bucket/x.parquet')`],
  ['attaching', `attach '/tmp/x.db'`],
  ['copying to a file', `copy orders to '/tmp/granary-attack.csv'`],
  ['copying to a file within a SELECT', `select * from (copy orders to '/tmp/granary-attack.csv')`, 'invalid_sql'],
  ['exporting', `export database '/tmp/granary-attack'`],
  ['importing', `import database '/tmp'`],
  ['installing', 'install httpfs'],
  ['loading', 'load httpfs'],
  ['a pragma', 'pragma database_list'],
  ['threads by pragma', 'pragma threads=64'],
  ['a setting', `set memory_limit='100GB'`],
  ['a reset', 'reset memory_limit'],
  ['the environment', `select getenv('HOME')`],
  ['a setting read', `select current_setting('temp_directory')`],
  ['settings', 'select * from duckdb_settings()'],
  ['settings as a view', 'select * from information_schema.tables'],
  ['the catalogue', 'select * from pg_catalog.pg_class'],
  ['databases', 'show databases'],
  ['a description', 'describe orders'],
  ['logging to a file', `select * from enable_logging(storage='file', storage_path='/tmp/granary-attack.log')`],
  ['logging to stdout', `select * from enable_logging(storage='stdout')`],
  ['profiling to a file', `select * from enable_profiling(save_location='/tmp/granary-attack.json')`],
  ['a written log', `select write_log('x')`],
  ['a call', `call enable_logging()`],
  ['SQL as a text', `select * from query('select 1')`],
  ['SQL as a text, in quotes', `select * from "QUERY"('copy orders to ''x''')`],
  ['a table by its name', `select * from query_table('orders')`],
  ['SQL as JSON', `select * from json_execute_serialized_sql(json_serialize_sql('select 1'))`],
  ['writing over an input', 'insert into orders values (1, null, null)'],
  ['deleting an input', 'delete from orders'],
  ['dropping an input', 'drop table orders'],
  ['replacing an input', 'create or replace table orders as select 1'],
  ['creating a macro', 'create macro f() as 1'],
  ['writing in a CTE', `with x as (insert into orders values (1, '', 1) returning *) from x`, 'invalid_sql'],
  ['two statements', 'select 1; drop table orders'],
  ['two SELECTs', 'select 1; select 2'],
  ['a statement behind a comment', 'select 1 /* ; */ -- x\n; drop table orders'],
  ['a bracket that closes ours', `select 1) limit 1; drop table orders; select * from (select 1`, 'invalid_sql'],
  ['a quote that closes ours', `select 1'); drop table orders; --`, 'invalid_sql'],
  ['a NUL', 'select 1\0; drop table orders'],
  ['nothing', '', 'refused'],
  ['only a comment', '-- select 1', 'refused'],
  ['blanks of Unicode', 'select\u00a01;drop\u00a0table\u00a0orders'],
  ['a line separator of Unicode', 'select 1;\u2028drop table orders', 'invalid_sql'],
  ['a placeholder', 'select $1'],
  ['a prepared statement', `prepare x as select 1`],
  ['executing one', 'execute x'],
  ['explaining', 'explain analyze select 1'],
  ['a transaction', 'begin'],
  ['a checkpoint', 'select * from force_checkpoint()'],
  ['a sequence', `select nextval('s')`],
  ['a variable', `select getvariable('x')`],
  ['a pivot that makes types', 'pivot orders on customer using sum(amount)'],
  ['metadata of a file', `select * from parquet_metadata('/tmp/x.parquet')`],
  ['sniffing', `select * from sniff_csv('/etc/passwd')`],
  ['scanning by address', 'select * from seq_scan(1)'],
  ['scanning memory', 'select * from arrow_scan(1::ubigint::pointer, 1::pointer, 1::pointer)'],
  ['secrets', 'select * from duckdb_secrets()'],
  ['temporary files', 'select * from duckdb_temporary_files()'],
];

test('what is no SELECT over the inputs is refused, and the sandbox is as it was', async () => {
  const folder = await sandboxFolder();
  const sandbox = await openWithOrders({}, { folder });
  const before = listFolder(folder);
  const answers: [string, string][] = [];
  for (const [what, sql, kind = 'refused'] of refusals) {
    const error = await failure(sandbox.select({ sql, into: 'result' }));
    if (error.kind !== kind) answers.push([what, `${error.kind}: ${error.message}`]);
  }
  expect(answers).toEqual([]);
  expect(listFolder(folder)).toEqual(before);
  expect(readdirSync('/tmp').filter((name) => name.startsWith('granary-attack'))).toEqual([]);
  const { sample } = await sandbox.select({
    sql: 'select count(*), sum(amount) from orders',
    into: 'result',
    sample: 1,
  });
  expect(sample).toEqual([['1000', '501000.00']]);
});

test('what DuckDB itself keeps closed stays so where our own look at the SQL would fail', async () => {
  // a CTE lends its name: what stands outside of its scope is looked for elsewhere
  const sandbox = await openWithOrders();
  const sql = `select * from '${secret}', (with "${secret}" as (select 1) select 1)`;
  expect(await failure(sandbox.select({ sql, into: 'result' }))).toMatchObject({ kind: 'refused' });
});

const hungry: readonly [what: string, sql: string, kinds: readonly SqlEdgeErrorKind[]][] = [
  ['a repeated text', `select length(repeat('x', 2000000000))`, ['too_much_memory', 'crashed']],
  ['a repeated text of a column', `select repeat(customer, 1000000) from orders`, ['too_much_memory', 'crashed', 'too_much_space']], // biome-ignore format: one line
  ['a list', 'select list_aggregate(range(0, 200000000), $$sum$$)', ['too_much_memory', 'crashed']],
  ['nested lists', 'select list_transform(range(0, 20000), lambda x: range(0, 20000))', ['too_much_memory', 'crashed']],
  ['one long text', `select string_agg(repeat(customer, 1000), '') from orders, range(1000)`, ['too_much_memory', 'crashed']], // biome-ignore format: one line
  ['unnested ranges', 'select unnest(range(0, 2000000000))', ['too_much_memory', 'crashed', 'too_many_rows']],
  ['a padded text', `select lpad('', 2000000000, 'x')`, ['too_much_memory', 'crashed', 'failed']],
];

test.each(hungry)('%s ends in its limit of memory', async (_, sql, kinds) => {
  const sandbox = await openWithOrders();
  const error = await failure(sandbox.select({ sql, into: 'result' }));
  expect(kinds).toContain(error.kind);
});

test.each([
  ['a huge cross join', 'select count(*) from range(10000000) a, range(10000000) b where (a.range * b.range) % 7 = 3'],
  ['an endless recursion', 'with recursive r as (select 1 as n union all select n + 1 from r) select max(n) from r'],
])('%s is killed at its time', async (_, sql) => {
  const folder = await sandboxFolder();
  const sandbox = await openWithOrders({ seconds: 1 }, { folder });
  expect(await failure(sandbox.select({ sql, into: 'result' }))).toMatchObject({ kind: 'too_long' });
  expect(await failure(sandbox.select({ sql: 'select 1', into: 'again' }))).toMatchObject({ kind: 'too_long' });
});

test.each([
  ['rows', 'select * from range(100001)', 'too_many_rows'],
  ['columns', `select ${Array.from({ length: 201 }, (_, n) => `${n} as c${n}`)}`, 'too_many_columns'],
  ['bytes on disk', 'select sha256(random()::varchar) || sha256(random()::varchar) x from range(2000000)', 'too_much_space'], // biome-ignore format: one line
  ['bytes of a sort', 'select row_number() over (order by hash(a.range), sha256(a.range::varchar)) from range(20000000) a', 'too_much_space'], // biome-ignore format: one line
] as const)('too many %s', async (what, sql, kind) => {
  const sandbox = await openWithOrders(what.startsWith('bytes') ? { rows: 1_000_000_000 } : {});
  expect(await failure(sandbox.select({ sql, into: 'result' }))).toMatchObject({ kind });
});

test('a hundred thousand columns never become a table', async () => {
  const sandbox = await openWithOrders();
  const sql = `select ${Array.from({ length: 100_000 }, (_, n) => `${n} as c${n}`)}`;
  const { kind } = await failure(sandbox.select({ sql, into: 'result' }));
  expect(['too_many_columns', 'too_much_memory', 'crashed']).toContain(kind);
});

test('deep nesting is an error and not the end of the worker', async () => {
  const nested = (depth: number) => `select ${'('.repeat(depth)}1${')'.repeat(depth)}`;
  const sandbox = await openWithOrders();
  const error = await failure(sandbox.select({ sql: nested(20_000), into: 'result' }));
  expect(['invalid_sql', 'failed', 'crashed']).toContain(error.kind);
  const other = await openWithOrders();
  const sum = `select ${Array.from({ length: 50_000 }, () => '1').join('+')}`;
  const deep = await failure(other.select({ sql: sum, into: 'result' }));
  expect(['invalid_sql', 'failed', 'crashed']).toContain(deep.kind);
});

test.skipIf(process.platform !== 'linux')(
  'the process has no environment, no descriptor of ours and no rights',
  async () => {
    const folder = await sandboxFolder();
    const ours = path.join(await sandboxFolder(), 'secret');
    writeFileSync(ours, 'secret', { mode: 0o600 });
    process.env.GRANARY_TEST_SECRET = 'secret';
    onTestFinished(() => void delete process.env.GRANARY_TEST_SECRET);
    await openWithOrders({}, { folder });
    const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ');
    const pid = children.find((each) => readlinkSync(`/proc/${each}/cwd`) === folder);
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').filter(Boolean);
    expect(environment.map((each) => each.split('=')[0]).sort()).toEqual(['NODE_CHANNEL_FD', 'NODE_CHANNEL_SERIALIZATION_MODE']); // biome-ignore format: one line
    const open = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
    const known = /^(anon_inode:|socket:|pipe:|\/dev\/null$)/;
    expect(open.filter((target) => !known.test(target) && !target.startsWith(folder))).toEqual([]);
    const limits = readFileSync(`/proc/${pid}/limits`, 'utf8');
    expect(limits).toMatch(/Max data size +\d+ +\d+/);
    expect(limits).toMatch(/Max core file size +0 +0/);
    if (process.getuid?.() === 0) {
      expect(status).toMatch(/^Uid:\t(\d{6,})\t\1\t\1\t\1$/m);
      expect(status).toMatch(/^Groups:\t *$/m);
      expect(status).toMatch(/^CapEff:\t0+$/m);
      expect(status).toMatch(/^CapPrm:\t0+$/m);
    }
  },
);

test('a folder is empty of everything when its sandbox was killed and swept', async () => {
  const folder = await sandboxFolder();
  const sandbox = await openWithOrders({}, { folder });
  await sandbox.close();
  expect(await failure(sandbox.select({ sql: 'select 1', into: 'x' }))).toMatchObject({ kind: 'crashed' });
  expect(existsSync(path.join(folder, 'out.fifo'))).toBe(false);
});
