import { describe, expect, test } from 'vitest';
import { readInProcess } from '../testing/read-in-process.ts';

const lines = (...rows: string[]) => `${rows.join('\n')}\n`;

describe('spellings of nothing', () => {
  const file = lines('age,city,n', '12,Oslo,1', 'NA,NA,-999', '?,?,2', '15,,-999');

  test('are NULL by themselves where they alone keep a column from its type, and are reported', async () => {
    const table = await readInProcess('a.csv', file);
    expect(table.types).toEqual(['age bigint', 'city text', 'n bigint']);
    expect(table.csv).toBe(lines('12,Oslo,1', ',NA,-999', ',?,2', '15,,-999'));
    expect(table.columns[0]?.evidence.nullSpellings).toEqual([
      { value: 'NA', count: 1, line: 3, applied: true },
      { value: '?', count: 1, line: 4, applied: true },
    ]);
    expect(table.columns[1]?.evidence.nullSpellings.map(({ applied }) => applied)).toEqual([false, false]);
    expect(table.notes).toEqual([
      'Column age: read as NULL: "NA" once (first on line 3), "?" once (first on line 4).',
      'Column city: kept as text: "NA" once (first on line 3), "?" once (first on line 4). If it means that there is no value, say so with nullValues.',
    ]);
  });

  test('are what the user says, in every column', async () => {
    const table = await readInProcess('a.csv', file, { nullValues: ['?', '-999'] });
    expect(table.types).toEqual(['age text', 'city text', 'n bigint']);
    expect(table.csv).toBe(lines('12,Oslo,1', 'NA,NA,', ',,2', '15,,'));
    expect(table.columns.map(({ evidence }) => evidence.nulls)).toEqual([1, 2, 2]);
  });

  test('are what the user says of one column, which beats what is said of all', async () => {
    const table = await readInProcess('a.csv', file, { nullValues: [], columns: { n: { nullValues: ['-999'] } } });
    expect(table.types).toEqual(['age text', 'city text', 'n bigint']);
    expect(table.csv).toBe(lines('12,Oslo,1', 'NA,NA,', '?,?,2', '15,,'));
  });

  test('can be quotes, commas and the quoted empty string', async () => {
    const table = await readInProcess('a.csv', lines('a,b', `"it's",""`, '"x,y",z'), {
      nullValues: [`it's`, 'x,y', ''],
    });
    expect(table.csv).toBe(lines(',', ',z'));
  });
});

describe('types that the user gives', () => {
  test('beat detection', async () => {
    const table = await readInProcess('a.csv', lines('Patient No,flag,at,n', '007,yes,9:05 pm,5', '012,0,23:59,6.0'), {
      types: { 'Patient No': 'bigint', flag: 'boolean', at: 'time', n: 'bigint' },
    });
    expect(table.types).toEqual(['patient_no bigint', 'flag boolean', 'at time', 'n bigint']);
    expect(table.csv).toBe(lines('7,true,21:05:00,5', '12,false,23:59,6'));
    expect(table.columns[0]?.evidence.reason).toBe(
      'you say that it is bigint, and by the values alone it would be text',
    );
  });

  test('may be text for anything, which then keeps every character', async () => {
    const table = await readInProcess('a.csv', lines('a,b', '1.50,NA', '2, 3'), { types: { a: 'text', b: 'text' } });
    expect([table.types, table.csv]).toEqual([['a text', 'b text'], lines('1.50,NA', '2, 3')]);
  });

  test('send a row with a value that does not fit to quarantine, with its column, and the account is exact', async () => {
    const table = await readInProcess('a.csv', lines('id,age', '1,12', '2,twelve', '3,', '4,12.5', '5,NA', '6,13,x'), {
      types: { age: 'bigint' },
    });
    expect(table).toMatchObject({ inputRows: 6, cleanRows: 3, quarantinedRows: 3, csv: lines('1,12', '3,', '5,') });
    expect(table.quarantine).toEqual([
      {
        line: 3,
        byteOffset: 12,
        raw: '2,twelve',
        reason: '"twelve" is no whole number, and the column is to be bigint',
        column: 'age',
      },
      {
        line: 5,
        byteOffset: 24,
        raw: '4,12.5',
        reason: '"12.5" is no whole number, and the column is to be bigint',
        column: 'age',
      },
      { line: 7, byteOffset: 36, raw: '6,13,x', reason: '3 fields where 2 are expected', column: null },
    ]);
    expect(table.columns[1]?.evidence.reason).toBe(
      'you say that it is bigint, and so do the values; 2 rows with another value in it are in quarantine, the first on line 3',
    );
  });

  test('know null as a value of JSON, and no other spelling of nothing', async () => {
    const table = await readInProcess('a.csv', lines('a;b', 'null;1', '?;2', '{};3', ' ;4'), { types: { a: 'jsonb' } });
    expect(table).toMatchObject({ csv: lines('null,1', '{},3', ',4'), quarantine: [{ line: 3, column: 'a' }] });
  });

  test('that no row fits do not make the few ragged rows the table', async () => {
    const rows = [...Array<string>(200).fill('x,y'), ...Array<string>(30).fill('1,2,3')];
    const table = await readInProcess('a.csv', lines('a,b', ...rows), { types: { a: 'bigint' } });
    expect(table).toMatchObject({ inputRows: 230, cleanRows: 0, types: ['a bigint', 'b text'] });
  });

  test('decide with dateOrder what no value does', async () => {
    const dates = lines('d,t', '03/04/2020,03/04/2020 10:00', '13/04/2020,5/4/2020 9:00');
    expect((await readInProcess('a.csv', dates, { dateOrder: 'day-month-year' })).csv).toBe(
      lines('2020-04-03,2020-04-03 10:00', '2020-04-13,2020-04-05 9:00'),
    );
    const forced = await readInProcess('a.csv', dates, {
      types: { d: 'date', t: 'timestamp' },
      columns: { d: { dateOrder: 'month-day-year' }, t: { dateOrder: 'day-month-year' } },
    });
    expect(forced.csv).toBe(lines('2020-03-04,2020-04-03 10:00:00'));
    expect(forced.quarantine).toMatchObject([
      { column: 'd', reason: expect.stringContaining('"13/04/2020" is no date') },
    ]);
    const undecided = await readInProcess('a.csv', dates, { types: { d: 'date' } });
    expect(undecided.quarantine).toMatchObject([
      { reason: expect.stringContaining('day and month cannot be told apart') },
    ]);
  });

  test('take decimal commas and groups, by themselves or by a given type', async () => {
    const file = lines('a;b', '1.234,5;12', '-0,25;1.000');
    const read = await readInProcess('a.csv', file, { decimalSeparator: ',' });
    expect([read.types, read.csv]).toEqual([['a double precision', 'b bigint'], lines('1234.5,12', '-0.25,1000')]);
    const forced = await readInProcess('a.csv', file, { decimalSeparator: ',', types: { a: 'numeric', b: 'numeric' } });
    expect([forced.types, forced.csv]).toEqual([['a numeric', 'b numeric'], lines('1234.5,12', '-0.25,1000')]);
    const english = await readInProcess('a.csv', lines('a;b', '"1,234.50";x'), { types: { a: 'numeric' } });
    expect(english.csv).toBe(lines('1234.50,x'));
  });

  test('name columns that are there', async () => {
    const file = lines('a,b,b', '1,2,3');
    const read = (key: string) => readInProcess('a.csv', file, { types: { [key]: 'text' } });
    await expect(read('c')).rejects.toMatchObject({
      kind: 'bad_options',
      message: 'There is no column "c" in the file. Its columns are a, b, b_2.',
    });
    expect((await read('b_2')).types).toEqual(['a bigint', 'b bigint', 'b_2 text']);
  });
});

describe('the dialect that the user gives', () => {
  test('has names in several rows, which are joined', async () => {
    const file = lines(',2019,,2020,', 'region,men,women,men,women', 'north,1,2,3,4', 'south,5,6,7,8');
    const table = await readInProcess('a.csv', file, { headerRows: 2 });
    expect(table.columns.map(({ originalName }) => originalName)).toEqual([
      'region',
      '2019 men',
      '2019 women',
      '2020 men',
      '2020 women',
    ]);
    expect(table).toMatchObject({ csv: lines('north,1,2,3,4', 'south,5,6,7,8'), dialect: { headerRows: 2 } });
    expect(table.types[1]).toBe('_2019_men bigint');
  });

  test('leaves out lines below the table, and nothing else', async () => {
    const file = `${lines('a,b', '1,2', '3,4', 'Total,6', '"Source: me, 2020"')}\n\n`;
    const table = await readInProcess('a.csv', file, { skipFooterLines: 2 });
    expect(table).toMatchObject({ inputRows: 2, csv: lines('1,2', '3,4'), dialect: { skippedFooterLines: 2 } });
    expect(table.notes).toContain('2 lines below the table left out, as told: "Total,6".');
    const all = await readInProcess('a.csv', lines('a,b', '1,2'), { skipFooterLines: 9, hasHeader: true });
    expect(all).toMatchObject({ inputRows: 0, csv: '' });
  });

  test('is suggested where the last rows have another shape', async () => {
    const { notes } = await readInProcess('a.csv', lines('a,b', '1,2', '3,4', 'Source: me', 'Made in May'));
    expect(notes).toContain(
      'The last 2 rows, from line 4 on, do not have the shape of the others, and are in quarantine: if this is a footer, skipFooterLines leaves it out.',
    );
  });

  test('has comments anywhere, whatever is in them', async () => {
    const file = lines('% made "by me', 'a,b', '1,2', '% 3,"4', '5,6', '%');
    const table = await readInProcess('a.csv', file, { comment: '%' });
    expect(table).toMatchObject({ inputRows: 2, csv: lines('1,2', '5,6'), dialect: { comment: '%', skippedLines: 1 } });
    const none = await readInProcess('a.csv', lines('# x', 'a,b', '1,2', '#3,4'), { comment: '' });
    expect(none.csv).toContain('"#3",4');
  });

  test('has short rows padded, and long ones set apart', async () => {
    const table = await readInProcess('a.csv', lines('a,b,c', '1,2,3', '4', '', '5,"6"', '7,8,9,10'), {
      ragged: 'pad',
      delimiter: ',',
    });
    expect(table).toMatchObject({ inputRows: 4, cleanRows: 3, csv: lines('1,2,3', '4,,', '5,6,') });
    expect(table.quarantine).toMatchObject([{ line: 6, reason: '4 fields where 3 are expected' }]);
    expect(table.notes).toContain('2 rows with too few fields got NULL in the last columns.');
  });

  test('has no quotes, or escapes by a backslash, or blanks after delimiters', async () => {
    expect((await readInProcess('a.csv', lines('a,b', '"x,y"'), { quote: '' })).csv).toBe(lines('"""x","y"""'));
    const escaped = await readInProcess('a.csv', lines('a,b', '"x \\" y",z'), { escape: '\\' });
    expect(escaped).toMatchObject({ csv: lines('"x "" y",z'), dialect: { escape: '\\' } });
    expect((await readInProcess('a.csv', lines('a,b', 'x, y', 'z,  w'), { skipInitialSpace: true })).csv).toBe(
      lines('x,y', 'z,w'),
    );
    await expect(readInProcess('a.csv', 'a,b\n', { quote: '"', escape: '!' })).rejects.toThrow(
      'Quotes are escaped by being doubled or by a backslash, not by "!".',
    );
    await expect(readInProcess('a.csv', 'a,b\n', { hasHeader: false, headerRows: 2 })).rejects.toThrow(
      'say one of them',
    );
  });

  test('has any encoding of the standard, by any of its labels', async () => {
    const bytes = Buffer.from('a,b\n\xcf\xf0\xe8,1\n', 'latin1');
    expect(await readInProcess('a.csv', bytes, { encoding: 'cp1251' })).toMatchObject({
      encoding: 'windows-1251',
      csv: lines('При,1'),
    });
    expect((await readInProcess('a.csv', bytes, { encoding: 'UTF8' })).quarantinedRows).toBe(1);
  });
});
