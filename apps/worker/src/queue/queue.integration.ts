import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { asUser, createDatabase, migrationsDirectory } from '@granary/db';
import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import { sql } from 'kysely';
import { PgBoss } from 'pg-boss';
import { expect, test } from 'vitest';
import { renderQueueMigration } from './render-migration.ts';

test('the checked-in migration is the one that the installed queue asks for', async () => {
  const file = path.join(migrationsDirectory, '20261121000700_job_queue.sql');
  expect(await readFile(file, 'utf8')).toBe(renderQueueMigration());
});

test('app.enqueue writes the row that the queue itself would have written', async () => {
  const database = await createTestDatabase();
  const owner = database.pool('postgres');
  const { tenantId, as } = await createTestOrganization(owner, 'ours');
  const boss = new PgBoss({
    connectionString: database.url('granary_worker'),
    schema: 'jobs',
    migrate: false,
    createSchema: false,
    supervise: false,
    schedule: false,
  });
  await boss.start();
  const sent = await boss.send('dataset.load', { any: 1 }, { group: { id: tenantId } });
  const api = createDatabase(database.pool('granary_api'), { prepared: true });
  const ours = await asUser(api, as.editor, null, async (db) => {
    const { rows } = await sql<{
      id: string;
    }>`select app.enqueue('dataset.load', ${tenantId}::uuid, '{}') as id`.execute(db);
    return rows[0]?.id;
  });
  const { rows } = await owner.query<{ job: object }>(
    `select to_jsonb(j) - '{id,data,created_on,start_after,keep_until}'::text[] || jsonb_build_object('kept', j.keep_until - j.created_on) as job
     from jobs.job j where id in ($1, $2)`,
    [sent, ours],
  );
  expect(rows).toHaveLength(2);
  expect(rows[0]?.job).toEqual(rows[1]?.job);
  await boss.stop();
});

test('a worker is told of jobs that somebody waits for, once they are there to be taken', async () => {
  const database = await createTestDatabase();
  const owner = database.pool('postgres');
  const listener = await database.pool('granary_worker').connect();
  const told: (string | undefined)[] = [];
  listener.on('notification', ({ payload }) => told.push(payload));
  await listener.query(`listen pgboss_${createHash('sha224').update('jobs').digest('hex').slice(0, 24)}`);
  const insert = (name: string, after: string) =>
    owner.query(`insert into jobs.job (name, start_after) values ($1, now() + $2::interval)`, [name, after]);
  await insert('run.step', '1 hour');
  await insert('search.index', '0');
  await insert('run.step', '0');
  await insert('edge.verify', '0');
  await expect.poll(() => told).toEqual(['run.step', 'edge.verify']);
  listener.release(true);
});
