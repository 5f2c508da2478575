import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, describe, expect, test } from 'vitest';
import type { DialectOverrides } from '../inspection.ts';
import { readInProcess } from '../testing/read-in-process.ts';

const instance = await DuckDBInstance.create(':memory:');
const duck = await instance.connect();
afterAll(() => {
  duck.closeSync();
  instance.closeSync();
});

/** A Parquet file of what the query selects. */
async function parquet(query: string): Promise<Buffer> {
  const file = path.join(tmpdir(), `granary-${process.pid}-${Math.random()}.parquet`);
  await duck.run(`copy (${query}) to '${file}' (format parquet)`);
  const bytes = await readFile(file);
  await rm(file);
  return bytes;
}

const read = (bytes: Buffer, overrides?: DialectOverrides) => readInProcess('a.parquet', bytes, overrides);

const column = async (expression: string) => {
  const { types, csv } = await read(await parquet(`select 1 as n, ${expression} as c`));
  return [types[1], csv.slice(2, -1)];
};

describe('a Parquet file', () => {
  test('brings its types along, each value exact', async () => {
    expect(await column('true')).toEqual(['c boolean', 'true']);
    expect(await column('9223372036854775807::bigint')).toEqual(['c bigint', '9223372036854775807']);
    expect(await column('18446744073709551615::ubigint')).toEqual(['c numeric', '18446744073709551615']);
    expect(await column('0.1::float')).toEqual(['c double precision', '0.10000000149011612']);
    expect(await column('0.1::double')).toEqual(['c double precision', '0.1']);
    expect(await column(`'12345678901234567890.12345'::decimal(38,5)`)).toEqual([
      'c numeric',
      '12345678901234567890.12345',
    ]);
    expect(await column(`date '2020-02-29'`)).toEqual(['c date', '2020-02-29']);
    expect(await column(`time '23:59:59.5'`)).toEqual(['c time', '23:59:59.5']);
    expect(await column(`timestamp '2020-01-01 10:00:00.123456'`)).toEqual([
      'c timestamp',
      '2020-01-01 10:00:00.123456',
    ]);
    expect(await column(`timestamptz '2020-01-01 10:00:00+02'`)).toEqual(['c timestamptz', '2020-01-01 08:00:00+00']);
    expect(await column(`'550e8400-e29b-41d4-a716-446655440000'::uuid`)).toEqual([
      'c uuid',
      '550e8400-e29b-41d4-a716-446655440000',
    ]);
    expect(await column(`'\\xDE\\xAD'::blob`)).toEqual(['c text', 'dead']);
    expect(await column(`''`)).toEqual(['c text', '""']);
    expect(await column('null::varchar')).toEqual(['c text', '']);
  });

  test('has its nested values as JSON', async () => {
    expect(await column(`[1, 2, null]`)).toEqual(['c jsonb', '"[1,2,null]"']);
    expect(await column(`{'a': 'x', 'b': [1]}`)).toEqual(['c jsonb', '"{""a"":""x"",""b"":[1]}"']);
    expect(await column(`map {'k': 1}`)).toEqual(['c jsonb', '"{""k"":1}"']);
  });

  test('keeps as text what Postgres would round or refuse', async () => {
    expect(await column(`timestamp_ns '2020-01-01 10:00:00.123456789'`)).toEqual([
      'c text',
      '2020-01-01 10:00:00.123456789',
    ]);
    expect(await column(`timestamp_ns '2020-01-01 10:00:00.123456'`)).toEqual([
      'c timestamp',
      '2020-01-01 10:00:00.123456',
    ]);
    expect((await column(`date '0044-03-15 (BC)'`))[0]).toBe('c text');
    expect((await column(`'infinity'::timestamp`))[0]).toBe('c text');
  });

  test('is counted and keeps its order and names', async () => {
    const bytes = await parquet(`select i as "Row Number", 'v' || i as "user_id" from range(300000) t(i)`);
    const { types, inputRows, cleanRows, quarantinedRows, csv } = await read(bytes);
    expect({ types, inputRows, cleanRows, quarantinedRows }).toEqual({
      types: ['row_number bigint', 'user_id_2 text'],
      inputRows: 300_000,
      cleanRows: 300_000,
      quarantinedRows: 0,
    });
    expect(csv).toBe(Array.from({ length: 300_000 }, (_, index) => `${index},v${index}\n`).join(''));
  });

  test('that is cut off or damaged is corrupt', async () => {
    const bytes = await parquet('select i, i::varchar as t from range(10000) r(i)');
    await expect(read(bytes.subarray(0, bytes.length - 20))).rejects.toMatchObject({ kind: 'corrupt' });
    await expect(
      read(Buffer.concat([bytes.subarray(0, 4), Buffer.alloc(100), bytes.subarray(104)])),
    ).rejects.toMatchObject({ kind: 'corrupt' });
  });

  test('with a NUL in a text is refused and names the column', async () => {
    const bytes = await parquet(`select 'a' || chr(0) as "My Text"`);
    await expect(read(bytes)).rejects.toMatchObject({
      kind: 'unsupported',
      message: expect.stringContaining('"My Text"'),
    });
  });
});

test("the user's word on columns of a Parquet file sets rows apart, and leaves the other columns as they are", async () => {
  const bytes = await parquet(
    `select * from (values ('007', 1.5, -999, 'NA', 'x'), ('eight', 2.5, 1, '', null), ('9', 0.125, 2, 'a,"b', 'NA'))
     t(code, ratio, n, "My Text", other)`,
  );
  const table = await read(bytes, {
    types: { code: 'bigint' },
    decimalSeparator: ',',
    columns: { n: { nullValues: ['-999'] }, my_text: { nullValues: ['NA'] } },
  });
  expect(table.types).toEqual(['code bigint', 'ratio numeric', 'n bigint', 'my_text text', 'other text']);
  expect(table.csv).toBe('7,1.500,,,x\n9,0.125,2,"a,""b",NA\n');
  expect(table).toMatchObject({ inputRows: 3, cleanRows: 2, quarantinedRows: 1, dialect: null });
  expect(table.quarantine).toMatchObject([{ line: 2, raw: 'eight,2.500,1,"",', column: 'code' }]);
  expect(table.columns[1]?.evidence.reason).toBe('the file says DECIMAL(4,3)');
  expect(table.columns[3]?.evidence).toMatchObject({ nulls: 1, nullSpellings: [{ value: 'NA', applied: true }] });
});
