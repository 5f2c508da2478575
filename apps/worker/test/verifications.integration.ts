import { once } from 'node:events';
import { createTestDatabase } from '@granary/db/testing';
import { afterAll, expect, test } from 'vitest';
import { createCatalogue } from './pipeline-harness.ts';

const database = await createTestDatabase();
const part = await createCatalogue(database);
afterAll(() => part.close());
const owner = database.pool('postgres');
const column = (name: string, type: string, nullable = true) => ({ name, type, nullable });
let made = 0;

/** An edge of one input `rows` (id, name), whose SQL this is. */
async function edge(sql: string, output: readonly object[] = [column('id', 'bigint')]): Promise<string> {
  const { id } = await part.act<{ id: string }>('edges.create', {
    name: `edge ${++made}`,
    inputs: [{ name: 'rows', columns: [column('id', 'bigint'), column('name', 'text')] }],
    outputs: [{ name: 'out', columns: output }],
    implementation: { kind: 'sql', sql },
  });
  return id;
}
const given = { rows: { rows: [{ id: 1, name: 'a' }, { id: 2, name: null }, { id: 3 }] } };

test.each<[why: string, sql: string, expectations: object, found: string, output?: readonly object[]]>([
  ['all that is expected is so', 'select id from rows', { rows: [{ output: 'out', min: 3, max: 3 }] }, 'passed rows'],
  ['a column is missing', 'select name from rows', {}, 'FAILED port: the result has no column id'],
  ['a column has another type', `select 'x' as id from rows`, {}, 'FAILED port: id is text (VARCHAR), and bigint'],
  ['there is one more column', 'select id, name from rows', {}, 'FAILED port: the port has no column name'],
  ['there may be one more column', 'select id, name from rows', { schema: false }, 'passed port'],
  ['there are too few rows', 'select id from rows', { rows: [{ output: 'out', min: 4 }] }, 'FAILED rows: 4 to any'],
  ['there are too many rows', 'select id from rows', { rows: [{ output: 'out', max: 2 }] }, 'FAILED rows: 0 to 2'],
  ['an output is not there', 'select id from rows', { rows: [{ output: 'other' }] }, 'there is no output other'],
  [
    'a value is missing where the port has one always',
    'select name from rows',
    {},
    'FAILED values: 2 rows have no value',
    [column('name', 'text', false)],
  ],
  [
    'an assertion finds rows, and one cannot be run',
    'select id from rows',
    {
      assertions: [
        { name: 'no threes', sql: 'select * from out where id = 3' },
        { name: 'is none', sql: 'select * from nowhere' },
        { name: 'all came', sql: 'select id from rows except select id from out' },
      ],
    },
    'FAILED assertion no threes: 1 rows, as [["3"]]\nFAILED assertion is none: ',
  ],
  ['the SQL fails', `select cast(name as bigint) as id from rows`, {}, 'FAILED run: '],
  ['the SQL reaches out', `select 1::bigint as id from read_csv('/etc/passwd')`, {}, 'FAILED run: '],
])('a verification says so when %s', async (_why, sql, expectations, found, output) => {
  part.worker();
  const { status, logs } = {
    status: '',
    logs: '',
    ...(await part.verify(await edge(sql, output), { inputs: given, expectations })),
  };
  expect(logs).toContain(found);
  expect(status).toBe(logs.includes('FAILED') ? 'failed' : 'passed');
  if (logs.includes('is none')) expect(logs).toContain('passed assertion all came');
});

test.each([
  [
    'time',
    'select count(*)::bigint as id from range(1000000) a, range(1000000) b',
    { seconds: 1 },
    'took longer than 1',
  ],
  ['memory', `select length(repeat('x', 2000000000))::bigint as id`, { memoryMb: 64 }, 'more memory than it may have'],
  ['rows', 'select range::bigint as id from range(100)', { outputRows: 99 }, 'rows'],
])('a verification past its limit of %s fails', async (_what, sql, limits, found) => {
  part.worker();
  const ended = await part.verify(await edge(sql), { inputs: given, limits });
  expect(ended).toMatchObject({ status: 'failed', logs: expect.stringContaining(found) });
});

test('rows of a dataset are sampled, as who asked, who has to be able to read them still', async () => {
  const { datasetId } = await part.newDataset(
    'sampled',
    [
      ['id', 'bigint'],
      ['name', 'text'],
    ],
    [
      ['1', 'a'],
      ['2', 'b'],
      ['3', 'c'],
    ],
  );
  part.worker();
  const inputs = { rows: { datasetId, sampleRows: 2 } };
  const edgeId = await edge('select id from rows');
  const sampled = await part.verify(edgeId, { inputs });
  expect(sampled).toMatchObject({ status: 'passed', logs: expect.stringContaining('input rows: 2 rows of version 1') });

  part.worker().kill('SIGSTOP'); // it finds the job after the rows are out of reach
  const { id } = await part.act<{ id: string }>('edges.verify', { edgeId, version: 1, inputs });
  await owner.query('update datasets set owner_id = $2 where id = $1', [datasetId, part.colleague.userId]);
  part.worker().kill('SIGCONT');
  const status = async () =>
    (await owner.query('select status, logs from edge_verifications where id = $1', [id])).rows[0];
  await expect.poll(async () => (await status()).status).not.toBe('pending');
  expect(await status()).toMatchObject({ status: 'failed', logs: expect.stringContaining('FAILED access: ') });
});

test.concurrent.for(['verification begun', 'verification filled', 'verification checked'])(
  'a worker killed at “%s”: another one verifies it once',
  async (step, { expect: expected, onTestFinished: afterwards }) => {
    const own = await createCatalogue(await createTestDatabase());
    afterwards(() => own.close());
    const { id: edgeId } = await own.act<{ id: string }>('edges.create', {
      name: 'copy',
      inputs: [{ name: 'rows', columns: [column('id', 'bigint')] }],
      outputs: [{ name: 'out', columns: [column('id', 'bigint')] }],
      implementation: { kind: 'sql', sql: 'select id from rows' },
    });
    const ended = once(own.startWorker(step).child, 'exit');
    const { id } = await own.act<{ id: string }>('edges.verify', {
      edgeId,
      version: 1,
      inputs: { rows: { rows: [{ id: 1 }] } },
    });
    await ended;
    own.startWorker();
    const found = async () =>
      (await own.owner.query('select id, status, logs from edge_verifications where edge_id = $1', [edgeId])).rows;
    await expected.poll(async () => (await found())[0].status, { timeout: 300_000 }).toBe('passed');
    const [{ logs }, ...more] = await found();
    expected(more).toEqual([]);
    expected(logs.match(/passed run/g)).toHaveLength(1);
    expected((await found())[0]).toMatchObject({ id });
  },
);
