import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createTestDatabase } from '@granary/db/testing';
import { expect, test } from 'vitest';
import { runCliProcess, startCli } from '../testing/cli-process.ts';
import { startSettings } from '../testing/home.ts';
import { runCli } from '../testing/run-cli.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';

const database = await createTestDatabase();

/** An API with a worker, and the environment of somebody who has a key of its first organization. */
async function serve(): Promise<NodeJS.ProcessEnv> {
  const { port, url, env: settings } = await startSettings(database);
  const env = { ...settings, GRANARY_MASTER_KEY: randomBytes(32).toString('base64') };
  await startCli(['start', '--port', port], env).written(/Ctrl-C stops everything/);
  const person = ['--email', 'ada@example.org', '--name', 'Ada', '--organization', 'Org'];
  const made = await runCli(['admin', 'bootstrap', ...person, '--json'], env);
  return { ...env, GRANARY_API_URL: url, GRANARY_API_KEY: JSON.parse(made.stdout).apiKey };
}

const people = 'id;name\n1;Ann\n2;"=1+2"\n3\n';

test('a dataset from a pipe to its end: load, show, rows, export, quarantine, share, delete', async () => {
  const env = await serve();
  const granary = (args: string[], piped?: string) => runCli(['dataset', ...args], env, piped);
  const ok = async (args: string[], piped?: string) => {
    const run = await granary(args, piped);
    expect(run, run.stderr).toMatchObject({ code: 0 });
    return run.stdout;
  };

  const loaded = JSON.parse(await ok(['load', '-', '--name', 'people', '--delimiter', ';', '--json'], people));
  expect(loaded).toMatchObject({ name: 'people', rows: 2, quarantined: 1 });
  const plain = await ok(['load', '-', '--dataset', loaded.datasetId, '--option', 'hasHeader=false'], people);
  expect(plain).toMatch(/^rows +3 rows, 1 quarantined/m);

  expect(await ok(['show', 'people'])).toMatch(/^2 +ready +3 +1 +piped .*current$/m);
  const shown = JSON.parse(await ok(['show', loaded.datasetId, '--json']));
  expect(shown.versions).toHaveLength(2);
  expect(shown.columns).toMatchObject([{ type: 'text' }, { type: 'text' }]);

  expect(await ok(['rows', 'people', '--limit', '1', '--json'])).toBe('{"column_1":"id","column_2":"name"}\n');
  expect(await ok(['export', 'people', '--version', '1'])).toBe('id,name\r\n1,Ann\r\n2,=1+2\r\n');
  const file = path.join(await temporaryFolder(), 'people.csv');
  expect(await ok(['export', 'people', '--version', '1', '--columns', 'name', '--escape-formulas', '-o', file])).toBe(
    '',
  );
  expect(await readFile(file, 'utf8')).toBe("name\r\nAnn\r\n'=1+2\r\n");

  expect(await ok(['export', 'people', '--version', '1', '--format', 'jsonl'])).toBe(
    '{"id":1,"name":"Ann"}\n{"id":2,"name":"=1+2"}\n',
  );
  const parquet = path.join(await temporaryFolder(), 'people.parquet');
  await ok(['export', 'people', '--format', 'parquet', '-o', parquet]);
  expect((await readFile(parquet)).subarray(0, 4).toString()).toBe('PAR1');

  await ok(['load', '-', '--dataset', loaded.datasetId], 'id,name\n1,Ann\n2,Bea\n');
  expect(await ok(['diff', 'people', '1', '3', '--by', 'id'])).toMatch(
    /^0 added, 0 removed, 1 changed, by columns\n(?:.*\n)*changed +2 +name +=1\+2 +Bea/m,
  );
  expect(JSON.parse(await ok(['diff', 'people', '1', '3', '--json']))).toMatchObject({
    by: 'content',
    counts: { added: 1, removed: 1, changed: 0 },
  });
  expect(await granary(['diff', 'people', '1', '9'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('no version 9'),
  });

  const rows = (await ok(['quarantine', 'people', '--version', '1', '--json'])).trim().split('\n');
  expect(rows.map((row) => JSON.parse(row))).toMatchObject([{ line: 4, raw: '3', reason: expect.any(String) }]);
  expect(await ok(['quarantine', 'people', '--version', '1'])).toMatch(/^4 +1 field where 2 are expected/m);

  const edited = path.join(await temporaryFolder(), 'quarantine.csv');
  await ok(['quarantine', 'people', '--version', '1', '--output', edited]);
  const [head, row] = (await readFile(edited, 'utf8')).trim().split('\r\n');
  expect(head).toBe('version,number,revision,line,byteOffset,state,column,reason,raw,correction,dismissal');
  expect(row).toMatch(/^1,1,0,4,\d+,open,,1 field where 2 are expected,3,,$/);
  // as a spreadsheet saves it: another delimiter, a byte order mark, one cell filled in
  await writeFile(edited, `\ufeff${head}\n${row}`.replaceAll(',', ';').replace('expected;3;;', 'expected;3;"3;Cy";'));
  await ok(['load', '-', '--name', 'again', '--delimiter', ';', '--json'], people);
  expect(await ok(['quarantine', 'again', '--correct', edited])).toBe('corrected  1 row of version 1\n');
  expect(await ok(['quarantine', 'again', '--correct', edited])).toBe('corrected  0 rows of version 1\n');
  expect(await ok(['quarantine', 'again', '--summary'])).toMatch(
    /^1 +1 field where 2 are expected *\n1 row of version 1$/m,
  );
  expect(await ok(['quarantine', 'again', '--dismiss', 'nobody knows', '--reason', 'field'])).toBe(
    'changed    1 row\n',
  );
  expect(await granary(['quarantine', 'again', '--replay'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('no such row is corrected'),
  });
  expect(await ok(['quarantine', 'again', '--reopen'])).toBe('changed    1 row\n');
  expect(await ok(['quarantine', 'again', '--replay', edited])).toBe(
    'corrected  0 rows of version 1\nreplayed   1 row, into version 1 as change set 1\nrefused    0 rows, still in quarantine with a reason\n',
  );
  expect(await ok(['rows', 'again', '--json'])).toContain('{"id":3,"name":"Cy"}');
  expect(await ok(['quarantine', 'again'])).toBe('nothing is in quarantine\n');
  await ok(['load', '-', '--dataset', JSON.parse(await ok(['show', 'people', '--json'])).id], 'id;name\n1;Ann\n');
  expect(await ok(['quarantine', 'people'])).toBe(
    'nothing is in quarantine\n--version 2 has 1 row\n--version 1 has 1 row\n',
  );
  expect(JSON.parse(await ok(['quarantine', 'again', '--state', 'replayed', '--format', 'jsonl']))).toMatchObject({
    number: 1,
    raw: '3',
    correction: '3;Cy',
    state: 'replayed',
  });
  expect(await ok(['quarantine', 'again', '--correct', edited])).toContain(
    'left out   1 row that is not in quarantine',
  );

  const sealed = JSON.parse(
    await ok(['load', '-', '--name', 'sealed', '--identifiers', 'name', '--delimiter', ';', '--json'], people),
  );
  expect(sealed.rows).toBe(2);
  expect(await ok(['rows', 'sealed', '--limit', '1', '--json'])).toMatch(/^{"id":"?1"?,"name":"[0-9a-f]{64}"}\n$/);
  const sealedRows = path.join(await temporaryFolder(), 'sealed.csv');
  await ok(['quarantine', 'sealed', '--output', sealedRows]);
  await writeFile(sealedRows, (await readFile(sealedRows, 'utf8')).replace('expected,3,,', 'expected,3,3;Cy,'));
  expect(await ok(['quarantine', 'sealed', '--replay', sealedRows])).toBe(
    'corrected  1 row of version 1\nreplayed   1 row, into version 1 as change set 1\nrefused    0 rows, still in quarantine with a reason\n',
  );
  expect(await ok(['rows', 'sealed', '--json'])).toMatch(/{"id":"?3"?,"name":"[0-9a-f]{64}"}\n$/);

  const into = ['load', '-', '--dataset', loaded.datasetId];
  const merged = await ok([...into, '--mode', 'append', '--json'], 'id,name\n3,Cy\nx,Di\n');
  expect(JSON.parse(merged)).toMatchObject({ rows: 1, quarantined: 1 });
  const keyed = [...into, '--mode', 'upsert', '--key-columns', 'id'];
  expect(await ok([...keyed, '--new-columns', 'add'], 'id,name,age\n3,Cyd,7\n')).toMatch(
    /^columns +text 1, bigint 2|^columns +bigint 2, text 1/m,
  );
  expect(await ok(['rows', 'people', '--json'])).toContain('{"id":3,"name":"Cyd","age":7}\n');
  expect(await granary(keyed, 'id,other\n3,1\n')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('the dataset has no column other'),
  });
  for (const flags of [
    ['--mode', 'append'],
    ['--mode', 'upsert', '--dataset', loaded.datasetId],
    ['--key-columns', 'id', '--dataset', loaded.datasetId],
    ['--mode', 'merge', '--dataset', loaded.datasetId],
  ])
    expect(await granary(['load', '-', ...flags], 'id\n1\n')).toMatchObject({ code: 2 });

  expect(await ok(['share', 'people'])).toBe('not shared with anybody\n');
  expect(await ok(['share', 'people', '--role', 'viewer', '--access', 'write'])).toMatch(/role viewer +write/);
  const shares = JSON.parse(await ok(['share', 'people', '--everyone', '--json']));
  expect(shares).toHaveLength(2);
  expect(await ok(['share', 'people', '--remove', shares[1].id])).not.toContain('everybody');
  expect(await granary(['share', 'people', '--member', 'no@example.org'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('no@example.org is no member'),
  });

  await ok(['load', '-', '--name', 'kept'], 'id\n1\n');
  for (const version of [2, 3]) await ok(['load', '-', '--dataset', 'kept'], `id\n${version}\n`);
  expect(await ok(['export', 'kept', '-o', '-'])).toBe('id\r\n3\r\n');
  expect(await granary(['delete', 'kept', '--version', '3', '--yes'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('something refers to it: current'),
  });
  expect(await ok(['delete', 'kept', '--version', '1', '--yes'])).toMatch(/^deleted version 1 of/);
  expect(await ok(['retain', 'kept'])).toBe('every version is kept\n');
  expect(JSON.parse(await ok(['retain', 'kept', '--versions', '1', '--days', '30', '--json']))).toEqual({
    keepVersions: 1,
    keepDays: 30,
    due: [],
  });
  expect(await ok(['retain', 'kept', '--versions', '1'])).toBe(
    'a version is kept while it is among the newest 1\nto be removed: version 2\n',
  );
  expect(await ok(['retain', 'kept', '--all'])).toBe('every version is kept\n');

  expect(await granary(['load', '-', '--name', 'broken'], '[{"a":')).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(
      /The dataset "broken" is there without rows: try again with --dataset [0-9a-f-]{36}, or/,
    ),
  });
  expect(await granary(['load', '-', '--name', 'broken'], '[{"a":1}]')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('you have a dataset of this name already'),
  });
  expect(await ok(['load', '-', '--dataset', 'broken'], '[{"a":1}]')).toContain('1 row, 0 quarantined');
  expect(await granary(['load', '-', '--name', 'x', '--option', 'typo=1'], 'a\n1\n')).toMatchObject({
    code: 2,
    stderr: 'granary: Unrecognized key: "typo"\n',
  });

  expect(await granary(['delete', 'people'])).toMatchObject({ code: 2, stderr: expect.stringContaining('--yes') });
  expect(await ok(['delete', 'people', '--yes'])).toContain('deleted');
  expect(await granary(['show', 'people'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('there is no dataset'),
  });

  expect(await runCliProcess(['dataset', 'load', '-', '--name', 'nothing'], env)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('empty'),
  });
});
