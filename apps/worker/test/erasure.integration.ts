import { spawn } from 'node:child_process';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createDatabase } from '@granary/db';
import { createTestDatabase, createTestOrganization, type TestOrganization } from '@granary/db/testing';
import {
  CatalogueMemory,
  claimObject,
  eraseOrganizations,
  MasterKeys,
  removeDoomedVectors,
  type VectorDatabase,
} from '@granary/domain';
import { identityOf, populate } from '@granary/domain/testing';
import { createFileObjectStore } from '@granary/object-store';
import { afterAll, describe, expect, test } from 'vitest';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const worker = createDatabase(database.pool('granary_worker'), { prepared: true });
const dependencies = {
  database: createDatabase(database.pool('granary_api'), { prepared: true }),
  catalogue: new CatalogueMemory(),
  masterKeys: MasterKeys.parse(randomBytes(32).toString('base64')),
  identity: identityOf(createDatabase(database.pool('granary_identity'), { prepared: true })),
};
const folder = await mkdtemp(path.join(tmpdir(), 'granary-erasure-'));
afterAll(() => rm(folder, { recursive: true }));
const store = createFileObjectStore(folder);

async function put({ tenantId, as }: TestOrganization, isKnown = true): Promise<void> {
  const content = randomUUID();
  const sha256 = createHash('sha256').update(content).digest('hex');
  const file = path.join(folder, sha256);
  await writeFile(file, content);
  if (isKnown) await claimObject(dependencies.database, as.editor, { sha256, bytes: content.length });
  await store.putFile({ tenantId, sha256 }, file);
}

/** An organization with something in every table, objects that something refers to, that nothing does, and that no row tells of. */
async function fill(name: string): Promise<TestOrganization> {
  const organization = await createTestOrganization(owner, name);
  const { tenantId, as } = organization;
  const { datasetId } = await populate(owner, dependencies, organization);
  for (let each = 0; each < 3; each += 1) await put(organization);
  await put(organization, false);
  await owner.query(
    `with s as (insert into identity.sessions (user_id, expires_at, absolute_expires_at) values ($1, now() + interval '1 hour', now() + interval '1 hour') returning id)
     insert into identity.session_tokens (token_hash, session_id, tenant_id) select sha256($2::uuid::text::bytea), s.id, $2::uuid from s`,
    [as.owner.userId, tenantId],
  );
  await owner.query(
    `with m as (insert into identity.mails (purpose, recipient, tenant_id, invitation_id, expires_at)
       select 'invitation', email, tenant_id, id, expires_at from invitations where tenant_id = $1 returning id)
     insert into identity.mail_tokens (token_hash, mail_id) select sha256(m.id::text::bytea), m.id from m`,
    [tenantId],
  );
  await owner.query(
    `insert into quarantined_rows (tenant_id, dataset_id, version_id, number, line, byte_offset, raw, reason)
     select q.tenant_id, q.dataset_id, q.version_id, n, n, 0, 'secret', 'short' from quarantined_rows q, generate_series(2, 5) n where q.tenant_id = $1`,
    [tenantId],
  );
  // versions that refer to each other, and keys that do
  await owner.query(
    `insert into dataset_versions (tenant_id, dataset_id, number, state, mode, original_bytes, original_name, created_by, merged_into, merged_change_set)
     select tenant_id, dataset_id, 7, 'merged', 'append', 0, original_name, created_by, id, 1 from dataset_versions where dataset_id = $1 and number = 2`,
    [datasetId],
  );
  await owner.query(
    `insert into api_keys (tenant_id, user_id, name, secret_hash, scopes, rotated_from)
     select tenant_id, user_id, 'successor', sha256(app.uuidv7()::text::bytea), scopes, id from api_keys where tenant_id = $1`,
    [tenantId],
  );
  return organization;
}

const isDue = (tenantId: string) =>
  owner.query(
    `update organizations set closed_at = now() - interval '31 days', erase_after = now() - interval '1 day' where id = $1`,
    [tenantId],
  );

async function everyTable(): Promise<string[]> {
  const { rows } = await owner.query<{ name: string }>(
    `select c.oid::regclass::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind = 'r' and n.nspname in ('public', 'identity', 'jobs', 'data', 'staging') order by 1`,
  );
  return rows.map(({ name }) => name);
}

/** By table: how many rows have the id anywhere in them, and their digest. */
async function rowsWith(id: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const table of await everyTable()) {
    const { rows } = await owner.query<{ count: string; digest: string }>(
      `select count(*)::text as count, coalesce(md5(string_agg(t::text, '' order by t::text)), '') as digest from ${table} t where t::text like '%' || $1 || '%'`,
      [id],
    );
    if (rows[0]!.count !== '0') found[table] = `${rows[0]!.count} ${rows[0]!.digest}`;
  }
  return found;
}
async function objectsOf(tenantId: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { sha256 } of store.list(tenantId)) found.push(sha256);
  return found.sort();
}
const erase = (onStep: (step: string) => void = () => {}) =>
  eraseOrganizations(worker, store, {
    batch: 2,
    signal: new AbortController().signal,
    onStep,
    onFailure: (_tenantId, error) => {
      throw error;
    },
  });

/** Vectors that lie in another database are listed until they are removed there. */
async function removeVectorsElsewhere(): Promise<string[]> {
  const removed: string[] = [];
  const elsewhere: VectorDatabase = {
    name: 'pinecone',
    put: async () => {},
    nearest: async () => [],
    remove: async (namespace) => void removed.push(namespace),
  };
  await removeDoomedVectors(worker, elsewhere, { minutes: 0 });
  return removed;
}

async function expectErased(tenantId: string): Promise<void> {
  expect(Object.keys(await rowsWith(tenantId))).toEqual(['audit_events', 'doomed_vectors']);
  expect(await removeVectorsElsewhere()).toContain(tenantId);
  expect(Object.keys(await rowsWith(tenantId))).toEqual(['audit_events']);
  const { rows } = await owner.query('select * from audit_events where entity_id = $1 or tenant_id = $1', [tenantId]);
  expect(rows).toEqual([
    expect.objectContaining({
      tenant_id: '00000000-0000-0000-0000-000000000000', // of no organization
      actor_kind: 'system',
      actor_id: null,
      action: 'organization.erased',
      address: null,
      details: { createdAt: expect.any(String), closedAt: expect.any(String) },
    }),
  ]);
  expect(await objectsOf(tenantId)).toEqual([]);
}

test('of what is due nothing is left in any table nor in the store; of the neighbour nothing is gone', async () => {
  const victim = await fill('victim');
  const neighbour = await fill('neighbour');
  const before = await rowsWith(victim.tenantId);
  // every table that can hold a row of an organization holds one, or this shows nothing of it
  const { rows: tables } = await owner.query<{ name: string }>('select name::text from app.tables_of_tenants() name');
  expect(Object.keys(before)).toEqual(expect.arrayContaining(tables.map(({ name }) => name)));
  const neighbours = { rows: await rowsWith(neighbour.tenantId), objects: await objectsOf(neighbour.tenantId) };
  expect(neighbours.objects.length).toBeGreaterThan(3);
  const dataTables = (await everyTable()).filter((name) => name.startsWith('data.'));

  await isDue(victim.tenantId);
  const steps: string[] = [];
  expect(await erase((step) => steps.push(step))).toEqual([victim.tenantId]);

  expect(await rowsWith(neighbour.tenantId)).toEqual(neighbours.rows);
  await expectErased(victim.tenantId);
  expect(await objectsOf(neighbour.tenantId)).toEqual(neighbours.objects);
  expect((await everyTable()).filter((name) => name.startsWith('data.'))).toHaveLength(dataTables.length / 2);
  expect(steps[0], 'keys go first').toBe('keys');
  expect(steps.filter((step) => step === 'public.role_permissions').length, 'in batches').toBeGreaterThan(5);
  // what may be much goes before the dataset that would take it along as a whole
  for (const table of ['quarantined_rows', 'dataset_row_changes', 'audit_events'])
    expect(steps.indexOf(`public.${table}`), table).toBeLessThan(steps.indexOf('datasets'));
  expect(steps.filter((step) => step === 'public.quarantined_rows')).toHaveLength(3);
  expect(await erase()).toEqual([]);
});

test('what is open, or closed with its time not over, is not touched, nor is what is restored meanwhile', async () => {
  const open = await fill('open');
  const closing = await fill('closing');
  await owner.query(
    `update organizations set closed_at = now(), erase_after = now() + interval '1 day' where id = $1`,
    [closing.tenantId],
  );
  const before = [await rowsWith(open.tenantId), await rowsWith(closing.tenantId), await objectsOf(closing.tenantId)];
  expect(await erase()).toEqual([]);
  expect([await rowsWith(open.tenantId), await rowsWith(closing.tenantId), await objectsOf(closing.tenantId)]).toEqual(
    before,
  );
  for (const { tenantId } of [open, closing]) {
    const { rows } = await owner.query(
      'select app.erase_organization_step($1, 10) as step, app.finish_erasure($1) as finished',
      [tenantId],
    );
    expect(rows).toEqual([{ step: null, finished: false }]);
  }
});

describe('a worker that is killed', () => {
  const script = path.join(import.meta.dirname, 'killed-eraser.ts');
  async function run(killAt: string): Promise<boolean> {
    const child = spawn(process.execPath, [script, database.url('granary_worker'), folder, killAt], {
      stdio: 'inherit',
    });
    await once(child, 'exit');
    return child.signalCode === 'SIGKILL';
  }

  test('anywhere leaves what the next one goes on with', async () => {
    const victim = await fill('killed victim');
    const neighbour = await fill('neighbour of the killed');
    const neighbours = { rows: await rowsWith(neighbour.tenantId), objects: await objectsOf(neighbour.tenantId) };
    await isDue(victim.tenantId);
    const steps: string[] = [];
    const stop = new Error('stopped');
    for (const killAt of ['1', '3', '7']) {
      expect(await run(killAt)).toBe(true);
      await erase((step) => {
        steps.push(step);
        if (steps.length % 5 === 0) throw stop;
      }).catch((error: unknown) => expect(error).toBe(stop));
    }
    expect(await run('before')).toBe(true);
    expect(await run('after')).toBe(true);
    expect(await objectsOf(victim.tenantId)).not.toEqual([]);
    expect(await erase()).toEqual([victim.tenantId]);
    expect(await rowsWith(neighbour.tenantId)).toEqual(neighbours.rows);
    await expectErased(victim.tenantId);
    expect(await objectsOf(neighbour.tenantId)).toEqual(neighbours.objects);
  });
});

test('two workers at once erase it once', async () => {
  const victim = await fill('twice');
  await isDue(victim.tenantId);
  const both = await Promise.all([erase(), erase()]);
  expect(both.flat()).toEqual([victim.tenantId]);
  await expectErased(victim.tenantId);
});
