import { expect, inject, test } from 'vitest';
import { withClient } from '../with-client.ts';
import globalSetup from './global-setup.ts';
import { databaseName, dropLeftovers, holdLeases, newRunLease } from './registry.ts';

type Provided = ReturnType<typeof inject<'granaryTest'>>;
const { logins } = inject('granaryTest'); // this file's own run keeps the server alive
const admin = (sql: string) => withClient(logins.supabase_admin, (client) => client.query(sql));
const exists = async (name: string) =>
  (await admin(`select from pg_database where datname = '${name}'`)).rowCount === 1;

/** What another package's vitest does at the same time. */
async function startRun(): Promise<Provided & { tearDown: () => Promise<void> }> {
  const provided: Provided[] = [];
  const tearDown = await globalSetup({ provide: (_: 'granaryTest', value: Provided) => void provided.push(value) });
  return { ...provided[0]!, tearDown };
}

test('runs at the same time share server and template, and each drops only what is its own', async () => {
  const runs = await Promise.all([startRun(), startRun(), startRun()]);
  expect(new Set(runs.map(({ template }) => template)).size).toBe(1);
  expect(new Set(runs.map(({ run }) => run)).size).toBe(3);
  const names = runs.map(({ run }) => databaseName(run, 'clone'));
  await Promise.all(names.map((name, index) => admin(`create database ${name} template ${runs[index]?.template}`)));
  await runs[0]?.tearDown();
  expect(await Promise.all(names.map(exists))).toEqual([false, true, true]);
  await Promise.all([runs[1]?.tearDown(), runs[2]?.tearDown()]);
  expect(await Promise.all(names.map(exists))).toEqual([false, false, false]);
  expect(await exists(runs[0]?.template ?? '')).toBe(true); // for the next run
});

test('the databases of a killed run are dropped by the next, those of a living one are not', async () => {
  const [killed, living] = [newRunLease(), newRunLease()];
  const connections = await Promise.all([killed, living].map((lease) => holdLeases(logins.supabase_admin, [lease])));
  await admin(`create database ${databaseName(killed, 'clone')}`);
  await admin(`create database ${databaseName(living, 'clone')}`);
  const { rows } = await connections[0]!.query('select pg_backend_pid() as pid');
  await admin(`select pg_terminate_backend(${rows[0].pid}, 10000)`); // what SIGKILL does to its connection
  await withClient(logins.supabase_admin, dropLeftovers);
  expect(await exists(databaseName(killed, 'clone'))).toBe(false);
  expect(await exists(databaseName(living, 'clone'))).toBe(true);
  await admin(`drop database ${databaseName(living, 'clone')}`);
  await Promise.all(connections.map((connection) => connection.end()));
});
