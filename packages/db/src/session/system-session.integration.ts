import { sql } from 'kysely';
import { beforeEach, expect, test } from 'vitest';
import { createTestDatabase } from '../testing/index.ts';
import { createDatabase } from './session.ts';
import { asSystem, onceAsSystem, together } from './system-session.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
await owner.query('create table public.notes (text text primary key); grant all on public.notes to granary_worker');
const pool = database.pool('granary_worker', { poolSize: 1 });
const prepared = createDatabase(pool, { prepared: true });
const unnamed = createDatabase(pool, { prepared: false });
const add = (text: string) => sql<{ text: string }>`insert into notes values (${text}) returning text`;
const count = sql<{ n: number }>`select count(*)::int as n from notes`;
const notes = async () => (await owner.query('select text from notes order by 1')).rows.map(({ text }) => text);

beforeEach(() => owner.query('truncate public.notes'));

test.each([prepared, unnamed])(
  'statements that travel together see what came before, in one transaction with the rest',
  async (on) => {
    await asSystem(on, 'housekeeping', async (db) => {
      const [added, [counted]] = await together(db, add('a'), count);
      expect(added).toEqual([{ text: 'a' }]);
      expect(counted).toEqual({ n: 1 });
      await add('b').execute(db);
      const [[last]] = await together(
        db,
        count,
        sql<{ name: string }>`select current_setting('application_name') as name`,
      );
      expect(last).toEqual({ n: 2 });
      expect(await notes()).toEqual([]);
    });
    expect(await notes()).toEqual(['a', 'b']);
  },
);

test('where one fails, nothing of the transaction is left, and the connection is good for the next', async () => {
  const work = asSystem(prepared, 'housekeeping', async (db) => {
    await add('a').execute(db);
    await together(db, add('b'), add('a'), add('c'));
  });
  await expect(work).rejects.toMatchObject({ code: '23505' });
  expect(await notes()).toEqual([]);
  await asSystem(prepared, 'housekeeping', (db) => together(db, add('d')));
  expect(await notes()).toEqual(['d']);
});

test('an error that was swallowed does not pass for a commit', async () => {
  const work = asSystem(prepared, 'housekeeping', async (db) => {
    await add('a').execute(db);
    await together(db, add('a')).catch(() => {});
  });
  await expect(work).rejects.toThrow('the transaction was rolled back (housekeeping)');
  expect(await notes()).toEqual([]);
});

test('work that asks nothing costs no transaction', async () => {
  expect(await asSystem(prepared, 'housekeeping', async () => 7)).toBe(7);
});

test.each([true, false])(
  'a transaction of a few statements is one round trip (durable: %s), and leaves no setting behind',
  async (durable) => {
    await pool.query(`set synchronous_commit = 'local'`); // on the one connection
    const [, [counted], [setting]] = await onceAsSystem(
      prepared,
      'housekeeping',
      { durable },
      add('a'),
      count,
      sql<{
        sync: string;
        name: string;
      }>`select current_setting('synchronous_commit') as sync, current_setting('application_name') as name`,
    );
    expect(counted).toEqual({ n: 1 });
    expect(setting).toEqual({ sync: durable ? 'local' : 'off', name: 'granary housekeeping' });
    expect(await notes()).toEqual(['a']);
    const { rows } = await pool.query(
      `select current_setting('synchronous_commit') as sync, current_setting('application_name') as name`,
    );
    expect(rows[0].sync).toBe('local');
    expect(rows[0].name).not.toContain('housekeeping');
    await expect(onceAsSystem(prepared, 'housekeeping', { durable }, add('b'), add('a'))).rejects.toMatchObject({
      code: '23505',
    });
    expect(await notes()).toEqual(['a']);
  },
);
