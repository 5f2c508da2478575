import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { Port } from '@granary/domain';
import { expect, onTestFinished, test } from 'vitest';
import { columnNames } from '../reading/column-names.ts';
import { conformResult } from './conform-result.ts';
import type { SandboxRequest, Selected } from './protocol.ts';
import { readResult } from './result-reader.ts';
import { openSandbox } from './sql-sandbox.ts';
import { column, openWithOrders, sandboxFolder, smallLimits } from './testing/small-sandbox.ts';

/** The port that a result fits as it is. */
const portOf = ({ columns }: Selected): Port => {
  const names = columnNames(columns.map(({ name }) => name));
  return {
    name: 'out',
    columns: columns.map(({ type }, index) => ({ name: names[index] ?? '', type, nullable: true })),
  };
};

test('a result comes out typed, in its order, as Postgres reads it', async () => {
  const sandbox = await openWithOrders({}, { rows: 20 });
  const selected = await sandbox.select({
    sql: `select customer as "The customer", sum(amount) as total, count(*) as orders, min(id) > 3 as late, '' as empty,
      null as nothing, [1, 2] as list, {'a': 'x"y'} as "A struct", date '0044-03-15 (BC)' as ides, timestamptz '2026-01-02 03:04:05+00' as at
      from orders group by customer order by total desc -- the best first;`,
    into: 'result',
    sample: 2,
  });
  expect(selected.rows).toBe(10);
  expect(selected.sample[0]?.slice(0, 3)).toEqual(['customer 0', '31.00', '2']);
  const { columns } = conformResult(selected, portOf(selected));
  const reader = await readResult(sandbox, { table: 'result', rows: selected.rows, columns });
  expect(reader.inspection.columns.map(({ name, type }) => [name, type])).toEqual([
    ['the_customer', 'text'],
    ['total', 'numeric'],
    ['orders', 'bigint'],
    ['late', 'boolean'],
    ['empty', 'text'],
    ['nothing', 'bigint'],
    ['list', 'jsonb'],
    ['a_struct', 'jsonb'],
    ['ides', 'date'],
    ['at', 'timestamptz'],
  ]);
  const { stream, done } = reader.copyCsv(reader.inspection.columns.map(({ name }) => name));
  const lines = (await text(stream)).trimEnd().split('\n');
  expect(await done).toEqual({ rows: 10 });
  expect(lines[0]).toBe(
    `customer 0,31.00,2,true,"",,"[1,2]","{""a"":""x\\""y""}",0044-03-15 BC,2026-01-02 03:04:05+00`,
  );
  const again = reader.copyCsv(['total', 'empty']);
  expect((await text(again.stream)).split('\n')[0]).toBe('31.00,""');
  expect(await again.done).toEqual({ rows: 10 });
});

test('a text with NUL in it, and bytes, are no result', async () => {
  const sandbox = await openWithOrders();
  const bytes = sandbox.select({ sql: `select 'a'::blob as b`, into: 'x' });
  await expect(bytes).rejects.toMatchObject({ kind: 'unsupported', message: expect.stringContaining('"b"') });
  const selected = await sandbox.select({ sql: 'select chr(0) as c', into: 'y' });
  const { columns } = conformResult(selected, portOf(selected));
  const reader = await readResult(sandbox, { table: 'y', rows: 1, columns });
  await expect(reader.copyCsv(['c']).done).rejects.toMatchObject({ kind: 'unsupported' });
});

test('a later SELECT reads the result of an earlier one, which an assertion needs', async () => {
  const sandbox = await openWithOrders();
  await sandbox.select({ sql: 'select id, amount from orders where id <= 3', into: 'small' });
  const { rows } = await sandbox.select({ sql: 'select * from small where amount > 2', into: 'assertion 1' });
  expect(rows).toBe(2);
});

test('a value that fails is told without the value', async () => {
  const sandbox = await openWithOrders();
  const failing = sandbox.select({ sql: 'select cast(customer as integer) from orders', into: 'x' });
  await expect(failing).rejects.toMatchObject({ kind: 'failed', message: expect.not.stringContaining('customer 1') });
});

test('what the SQL does not know is named', async () => {
  const sandbox = await openWithOrders();
  await expect(sandbox.select({ sql: 'select nothing from orders', into: 'x' })).rejects.toMatchObject({
    kind: 'invalid_sql',
    message: expect.stringContaining('nothing'),
  });
  await expect(sandbox.select({ sql: 'select * from others', into: 'x' })).rejects.toMatchObject({
    kind: 'refused',
    message: 'The SQL reads "others", which is no input of it. There is "orders".',
  });
});

test('rows that do not come leave no process that waits for them', async () => {
  const sandbox = await openSandbox(await sandboxFolder(), smallLimits, new AbortController().signal);
  const filling = sandbox.fill('x', {
    skip: 0,
    columns: [column('a', 'text')],
    fill: async () => {
      throw new Error('the database went away');
    },
  });
  await expect(filling).rejects.toThrow('the database went away');
});

test('a sandbox ends with its worker, in the middle of SQL that never ends', async () => {
  const folder = await sandboxFolder();
  const child = fork(fileURLToPath(new URL('./child/main.ts', import.meta.url)), { execArgv: [], env: {} });
  onTestFinished(() => void child.kill('SIGKILL'));
  const send = async (request: SandboxRequest) => {
    child.send(request);
    return (await once(child, 'message'))[0];
  };
  await send({ type: 'begin', id: 1, folder });
  await send({ type: 'open', id: 2, memoryMegabytes: 256, spillMegabytes: 64 });
  await send({ type: 'lock', id: 3 });
  const sql = 'with recursive r as (select 1 as n union all select n + 1 from r) select max(n) from r';
  child.send({ type: 'select', id: 4, sql, into: 'x', maxRows: 1, maxColumns: 1, sample: 0 } satisfies SandboxRequest);
  await expect.poll(() => existsSync(path.join(folder, 'run.db'))).toBe(true);
  const ended = once(child, 'exit');
  child.disconnect();
  expect(await ended).toEqual([null, 'SIGKILL']);
});
