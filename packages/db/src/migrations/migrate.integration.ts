import { copyFile, cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createTestDatabase, hasPooler, startPooler } from '../testing/index.ts';
import { withClient } from '../with-client.ts';
import { migrate } from './migrate.ts';
import { migrationStatus } from './migration-status.ts';
import { migrationsDirectory } from './read-migrations.ts';

const database = await createTestDatabase(); // a clone: already migrated
const owner = database.pool('postgres');
const run = (directory: string) => withClient(database.url('postgres'), (client) => migrate(client, directory));
const status = (directory: string) =>
  withClient(database.url('postgres'), async (client) =>
    Object.fromEntries((await migrationStatus(client, directory)).map(({ version, state }) => [version, state])),
  );

async function copyOfMigrations(files: Record<string, string> = {}): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'granary-migrations-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  await cp(migrationsDirectory, directory, { recursive: true });
  // what other tests of this file applied has to be there as well
  const history = await owner.query<{ version: string; name: string; sql: string }>(
    `select version, name, array_to_string(statements, E';\\n') as sql from supabase_migrations.schema_migrations`,
  );
  for (const { version, name, sql } of history.rows) {
    const file = path.join(directory, `${version}_${name}.sql`);
    await writeFile(file, sql, { flag: 'wx' }).catch(() => {});
  }
  for (const [name, sql] of Object.entries(files)) await writeFile(path.join(directory, name), sql);
  return directory;
}

describe('migrate', () => {
  test('applies pending files once, also when runners start together', async () => {
    const directory = await copyOfMigrations({
      '21000101000000_one.sql': 'create table app.one (id int)',
      '21000102000000_two.sql': 'create table app.two (id int)',
    });
    const results = await Promise.all([run(directory), run(directory), run(directory)]);
    expect(results.flat().sort()).toEqual(['21000101000000', '21000102000000']);
    expect(await run(directory)).toEqual([]);
  });

  test('leaves nothing of a file that fails, and keeps the ones before it', async () => {
    const directory = await copyOfMigrations({
      '21010101000000_good.sql': 'create table app.good (id int)',
      '21010102000000_bad.sql': 'create table app.bad (id int); select 1/0',
    });
    await expect(run(directory)).rejects.toThrow('21010102000000_bad.sql failed: division by zero');
    const { rows } = await owner.query("select to_regclass('app.good') as good, to_regclass('app.bad') as bad");
    expect(rows).toEqual([{ good: 'app.good', bad: null }]);
    expect(await status(directory)).toMatchObject({ '21010101000000': 'applied', '21010102000000': 'pending' });
  });

  test.runIf(hasPooler())('works through a pooler in transaction mode, where a session lock would not', async () => {
    const pooler = await startPooler(database, { mode: 'transaction', connections: 2 });
    onTestFinished(() => pooler.stop());
    const directory = await copyOfMigrations({
      '21015101000000_one.sql': 'create table app.pooled_one (id int)',
      '21015102000000_two.sql': "set statement_timeout = '1234ms'; create table app.pooled_two (id int)",
    });
    const through = () => withClient(pooler.url('postgres'), (client) => migrate(client, directory));
    const results = await Promise.all([through(), through(), through(), through()]);
    expect(results.flat().sort()).toEqual(['21015101000000', '21015102000000']);
    const left = await withClient(
      pooler.url('postgres'),
      async (client) => (await client.query('show statement_timeout')).rows,
    );
    expect(left).toEqual([{ statement_timeout: '0' }]);
  });

  test("does not hand a file's settings or role on to the next", async () => {
    const directory = await copyOfMigrations({
      '21020101000000_sets.sql': "set search_path = ''; set role authenticated",
      '21020102000000_next.sql':
        "create table extensions.made_by as select current_user as who, current_setting('search_path') as path",
    });
    await run(directory);
    const { rows } = await owner.query('select * from extensions.made_by');
    const { username } = new URL(database.url('postgres'));
    expect(rows).toEqual([{ who: username, path: '"$user", public, extensions' }]);
  });

  test.for(['commit; create table app.half (id int)', '-- why\nBEGIN; select 1; END', '/* x */ rollback'])(
    'refuses transaction control in a file: %j',
    async (sql) => {
      const directory = await copyOfMigrations({ '21990101000000_control.sql': sql });
      await expect(run(directory)).rejects.toThrow('each file is one transaction already');
    },
  );
});

describe('a history that differs from the files is refused, and status says where', async () => {
  const [first = ''] = (await readdir(migrationsDirectory)).sort();
  const version = first.slice(0, 14);
  const pending = { '21980101000000_more.sql': 'create table app.never (id int)' };

  test('an edited file', async () => {
    const directory = await copyOfMigrations(pending);
    await writeFile(path.join(directory, first), `${await readFile(path.join(directory, first), 'utf8')};select 1`);
    await expect(run(directory)).rejects.toThrow(`${first} was changed after it was applied`);
    expect(await status(directory)).toMatchObject({ [version]: 'edited', '21980101000000': 'pending' });
  });

  test('but not one whose line ends or indentation changed', async () => {
    const directory = await copyOfMigrations();
    const file = path.join(directory, first);
    await writeFile(file, (await readFile(file, 'utf8')).replaceAll('\n', '\r\n'));
    expect(await run(directory)).toEqual([]);
  });

  test('a missing file', async () => {
    const directory = await copyOfMigrations(pending);
    await rm(path.join(directory, first));
    await expect(run(directory)).rejects.toThrow('has no file');
    expect(await status(directory)).toMatchObject({ [version]: 'no file' });
  });

  test('a file that sorts before an applied one', async () => {
    const directory = await copyOfMigrations({ ...pending, '20200101000000_late.sql': 'select 1' });
    await expect(run(directory)).rejects.toThrow('20200101000000_late.sql is out of order');
    expect(await status(directory)).toMatchObject({ '20200101000000': 'out of order' });
  });

  test('a misnamed file, and a version used twice', async () => {
    const misnamed = await copyOfMigrations();
    await copyFile(path.join(misnamed, first), path.join(misnamed, 'oops.sql'));
    await expect(run(misnamed)).rejects.toThrow('oops.sql: expected <14-digit version>_<name>.sql');
    const twice = await copyOfMigrations({ [`${version}_another.sql`]: 'select 1' });
    await expect(run(twice)).rejects.toThrow(`two files have the version ${version}`);
  });

  test('none of them applied anything', async () => {
    expect((await owner.query("select to_regclass('app.never') as never")).rows).toEqual([{ never: null }]);
  });
});

test('status of an empty database: everything is pending, and nothing was made', async () => {
  const empty = await createTestDatabase({ migrated: false });
  await withClient(empty.url('postgres'), async (client) => {
    const states = await migrationStatus(client, migrationsDirectory);
    expect(new Set(states.map(({ state }) => state))).toEqual(new Set(['pending']));
    expect((await client.query("select to_regnamespace('supabase_migrations') as made")).rows).toEqual([
      { made: null },
    ]);
  });
});
