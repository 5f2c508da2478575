import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { createDatabase } from '@granary/db';
import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import { afterAll, describe, expect, test } from 'vitest';
import { executeAction } from '../../actions/execute-action.ts';
import { plans } from '../../entitlements/plans.ts';
import { dependenciesOf } from '../../isolation/populate.ts';
import type { ObjectStore } from '../../object-store/object-store.ts';
import { removeDoomed } from '../../object-store/remove-doomed.ts';
import { renameOrganization } from '../../organizations/rename-organization.ts';
import { AuditKeys } from '../audit-keys.ts';
import { signCheckpoint } from '../checkpoint.ts';
import { checkpointFolder } from '../checkpoint-store.ts';
import { configureAudit } from '../configure-audit.ts';
import { makeCheckpoints } from '../make-checkpoints.ts';
import { retainEvents } from '../retain-events.ts';
import { sealAll } from '../testing/seal-all.ts';
import { verifyChain } from './verify-chain.ts';

const testDatabase = await createTestDatabase();
const owner = testDatabase.pool('postgres');
const dependencies = dependenciesOf(testDatabase);
const worker = createDatabase(testDatabase.pool('granary_worker'), { prepared: true });
const database = createDatabase(owner, { prepared: false });
const seed = () => randomBytes(32).toString('base64');
const keys = AuditKeys.parse(seed());
const workDirectory = await mkdtemp(path.join(tmpdir(), 'granary-test-'));
afterAll(() => rm(workDirectory, { recursive: true }));

/** Documents by the folder that they lie in. */
const objects = new Map<string, string>();
const store: ObjectStore = {
  putFile: async ({ tenantId, sha256 }, file) =>
    void objects.set(`${tenantId}/${sha256}`, await readFile(file, 'utf8')),
  stat: async () => null,
  read: async ({ tenantId, sha256 }) => Readable.from([objects.get(`${tenantId}/${sha256}`) ?? '']),
  asFile: async () => ({ path: '', release: async () => {} }),
  delete: async () => {},
  async *list(wanted) {
    for (const [name, text] of objects) {
      const [tenantId = '', sha256 = ''] = name.split('/');
      if (tenantId === wanted) yield { tenantId, sha256, bytes: text.length, modifiedAt: new Date() };
    }
  },
};
const checkpoint = () => makeCheckpoints({ database: worker, store, keys, workDirectory, checkpointSeconds: 0 });
const options = { database, keys, store, overdueSeconds: 60 };
const verify = (chain: string) => verifyChain(options, chain);

/** A chain of twelve events with checkpoints at 5, 9 and 12. */
async function makeChain() {
  const { tenantId, as } = await createTestOrganization(owner, 'audited');
  const act = async (times: number) => {
    for (let turn = 0; turn < times; turn += 1)
      await executeAction(dependencies, renameOrganization, as.owner, { name: `audited ${turn}` });
    await sealAll(worker, owner, tenantId);
    await checkpoint();
  };
  await act(5);
  await act(4);
  await act(3);
  return { chain: tenantId, as };
}

/** As the owner of the tables, with triggers off, who knows how hashes are made. */
async function tamper(statement: string, values: unknown[] = []): Promise<void> {
  const client = await owner.connect();
  try {
    await client.query('begin');
    for (const table of ['audit_events', 'audit_chain', 'audit_checkpoints'])
      await client.query(`alter table ${table} disable trigger user`);
    await client.query(statement, values);
    await client.query(
      `alter table audit_events enable trigger user; alter table audit_chain enable trigger user; alter table audit_checkpoints enable trigger user`,
    );
    await client.query('commit');
  } finally {
    client.release();
  }
}

const eventAt = async (chain: string, sequence: number): Promise<string> =>
  (await owner.query('select event_id from audit_chain where tenant_id = $1 and sequence = $2', [chain, sequence]))
    .rows[0].event_id;

/** Makes the chain anew from a sequence on, so that its hashes fit. */
async function rehash(chain: string, from: number): Promise<void> {
  await tamper(`do $$ declare r record; before bytea; made bytea; begin
    for r in select * from audit_chain where tenant_id = '${chain}' and sequence >= ${from} order by sequence loop
      select hash into before from audit_chain where tenant_id = '${chain}' and sequence = r.sequence - 1;
      made := convert_to(regexp_replace(convert_from(r.canonical, 'UTF8'), '"previous":"[0-9a-f]*"', '"previous":"' || encode(before, 'hex') || '"'), 'UTF8');
      update audit_chain set canonical = made, previous_hash = before, hash = sha256(made) where tenant_id = '${chain}' and sequence = r.sequence;
    end loop;
    update audit_heads h set hash = c.hash from audit_chain c where h.tenant_id = '${chain}' and c.tenant_id = h.tenant_id and c.sequence = h.sequence;
  end $$`);
}

test('a chain that nobody touched is whole, and says how far it goes', async () => {
  const { chain } = await makeChain();
  expect(await verify(chain)).toMatchObject({
    ok: true,
    from: 1,
    to: 12,
    checkpoints: 3,
    storedCheckpoints: 3,
    unsealed: { events: 0, overdue: 0 },
    broken: null,
  });
});

describe('the first broken link is named when the owner of the tables', () => {
  test('changes an event', async () => {
    const { chain } = await makeChain();
    const id = await eventAt(chain, 7);
    await tamper(`update audit_events set details = '{"name": "else"}' where id = $1`, [id]);
    expect((await verify(chain)).broken).toMatchObject({ kind: 'changed', sequence: 7, eventId: id });
  });

  test('changes an event and its entry, and lets the hashes be', async () => {
    const { chain } = await makeChain();
    const id = await eventAt(chain, 7);
    await tamper(`update audit_chain set canonical = canonical || ' ' where event_id = $1`, [id]);
    expect((await verify(chain)).broken).toMatchObject({ kind: 'changed', sequence: 7, eventId: id });
  });

  test('changes an event, its entry and every hash after it', async () => {
    const { chain } = await makeChain();
    const id = await eventAt(chain, 7);
    await tamper(`update audit_events set details = '{"name":"else"}' where id = $1`, [id]);
    await tamper(
      `update audit_chain set canonical = convert_to(regexp_replace(convert_from(canonical, 'UTF8'), '"details":\\{[^}]*\\}', '"details":{"name":"else"}'), 'UTF8') where event_id = $1`,
      [id],
    );
    await rehash(chain, 7);
    expect((await verify(chain)).broken).toMatchObject({ kind: 'replaced', sequence: 9 });
  });

  test('drops an event', async () => {
    const { chain } = await makeChain();
    const id = await eventAt(chain, 7);
    await tamper('delete from audit_events where id = $1', [id]);
    expect((await verify(chain)).broken).toMatchObject({ kind: 'dropped', sequence: 7, eventId: id });
  });

  test('drops an event and its entry', async () => {
    const { chain } = await makeChain();
    const id = await eventAt(chain, 7);
    await tamper(
      `with gone as (delete from audit_chain where event_id = '${id}') delete from audit_events where id = $1`,
      [id],
    );
    expect((await verify(chain)).broken).toMatchObject({ kind: 'dropped', sequence: 7 });
  });

  test('drops the beginning, and calls it retention', async () => {
    const { chain } = await makeChain();
    await tamper(`do $$ begin
      delete from audit_events e using audit_chain c where c.event_id = e.id and c.tenant_id = '${chain}' and c.sequence <= 5;
      delete from audit_chain where tenant_id = '${chain}' and sequence <= 5;
      update audit_heads set anchor = 5 where tenant_id = '${chain}';
    end $$`);
    expect((await verify(chain)).broken).toMatchObject({ kind: 'dropped', sequence: 1 });
  });

  test('swaps two entries', async () => {
    const { chain } = await makeChain();
    await tamper(`do $$ begin
      update audit_chain set sequence = 1000 where tenant_id = '${chain}' and sequence = 7;
      update audit_chain set sequence = 7 where tenant_id = '${chain}' and sequence = 8;
      update audit_chain set sequence = 8 where tenant_id = '${chain}' and sequence = 1000;
    end $$`);
    expect((await verify(chain)).broken).toMatchObject({ kind: 'reordered', sequence: 7 });
  });

  test('swaps two events', async () => {
    const { chain } = await makeChain();
    const [seven, eight] = [await eventAt(chain, 7), await eventAt(chain, 8)];
    await tamper(`update audit_events e set transaction = f.transaction from audit_events f
      where e.id in ('${seven}', '${eight}') and f.id in ('${seven}', '${eight}') and e.id <> f.id`);
    expect((await verify(chain)).broken).toMatchObject({ kind: 'reordered', sequence: 7, eventId: seven });
  });

  test('inserts an event among those that are sealed', async () => {
    const { chain } = await makeChain();
    const { rows } = await owner.query(
      `insert into audit_events (tenant_id, transaction, actor_kind, action, verb, entity_type)
       select tenant_id, transaction, 'system', 'made.up', 'CREATE', 'x' from audit_events where id = $1 returning id`,
      [await eventAt(chain, 7)],
    );
    expect((await verify(chain)).broken).toMatchObject({ kind: 'inserted', eventId: rows[0].id });
  });

  test('inserts an event and an entry of it', async () => {
    const { chain } = await makeChain();
    await tamper(`do $$ begin
      update audit_chain set sequence = sequence + 1000 where tenant_id = '${chain}' and sequence > 6;
      update audit_chain set sequence = sequence - 999 where tenant_id = '${chain}' and sequence > 1000;
      insert into audit_events (tenant_id, id, transaction, actor_kind, action, verb, entity_type)
        select e.tenant_id, app.uuidv7(), e.transaction, 'system', 'made.up', 'CREATE', 'x'
        from audit_events e join audit_chain c on c.event_id = e.id where c.tenant_id = '${chain}' and c.sequence = 6;
      insert into audit_chain (tenant_id, sequence, event_id, previous_hash, canonical, hash)
        select c.tenant_id, 7, e.id, c.hash, b.made, sha256(b.made) from audit_chain c join audit_events e on e.tenant_id = c.tenant_id and e.action = 'made.up',
          lateral (select convert_to(jsonb_build_object('sequence', 7, 'previous', encode(c.hash, 'hex'), 'event', app.audit_event_json(e))::text, 'UTF8') as made) b
        where c.tenant_id = '${chain}' and c.sequence = 6;
    end $$`);
    // its bytes are not canonical; with those, the next entry's number would tell
    expect((await verify(chain)).broken).toMatchObject({ sequence: 7 });
  });

  test('truncates the chain, with its head', async () => {
    const { chain } = await makeChain();
    await tamper(`do $$ begin
      delete from audit_events e using audit_chain c where c.event_id = e.id and c.tenant_id = '${chain}' and c.sequence > 10;
      delete from audit_chain where tenant_id = '${chain}' and sequence > 10;
      update audit_heads h set sequence = 10, hash = c.hash, event_id = c.event_id from audit_chain c
        where h.tenant_id = '${chain}' and c.tenant_id = h.tenant_id and c.sequence = 10;
    end $$`);
    expect((await verify(chain)).broken).toMatchObject({ kind: 'truncated', sequence: 11 });
  });

  test('removes everything, with the checkpoints: the object store still has them', async () => {
    const { chain } = await makeChain();
    for (const table of ['audit_events', 'audit_chain', 'audit_checkpoints', 'audit_heads'])
      await tamper(`delete from ${table} where tenant_id = $1`, [chain]);
    expect((await verify(chain)).broken).toMatchObject({ kind: 'truncated', sequence: 1 });
    expect(await verifyChain({ ...options, store: null }, chain)).toMatchObject({ ok: true, to: 0 });
  });

  test('replaces a checkpoint by one that another key signed', async () => {
    const { chain } = await makeChain();
    const { rows } = await owner.query('select document from audit_checkpoints where tenant_id = $1 and sequence = 9', [
      chain,
    ]);
    const { signature: _, key: __, ...said } = JSON.parse(rows[0].document);
    const own = AuditKeys.parse(seed());
    const sign = (key: string) => signCheckpoint(own, { ...said, hash: '0'.repeat(64), key });
    const put = (document: string) =>
      tamper('update audit_checkpoints set document = $2 where tenant_id = $1 and sequence = 9', [chain, document]);
    await put(sign(own.signingKeyId ?? ''));
    expect((await verify(chain)).broken).toMatchObject({ kind: 'unknown_key', sequence: 9 });
    await put(sign(keys.signingKeyId ?? ''));
    expect((await verify(chain)).broken).toMatchObject({ kind: 'forged', sequence: 9 });
  });

  test('drops a checkpoint', async () => {
    const { chain } = await makeChain();
    await tamper('delete from audit_checkpoints where tenant_id = $1 and sequence = 9', [chain]);
    expect((await verify(chain)).broken).toMatchObject({ kind: 'dropped', sequence: 6 });
  });
});

test('a worker that is killed between store and database leaves one more true document', async () => {
  const { chain, as } = await makeChain();
  await executeAction(dependencies, renameOrganization, as.owner, { name: 'later' });
  await sealAll(worker, owner, chain);
  const dying: ObjectStore = {
    ...store,
    async putFile(key, file) {
      await store.putFile(key, file);
      throw new Error('killed here');
    },
  };
  await expect(
    makeCheckpoints({ database: worker, store: dying, keys, workDirectory, checkpointSeconds: 0 }),
  ).rejects.toThrow('killed here');
  expect(await verify(chain)).toMatchObject({ ok: true, checkpoints: 3, storedCheckpoints: 4 });
  await Promise.all([checkpoint(), checkpoint()]);
  expect(await verify(chain)).toMatchObject({ ok: true, checkpoints: 4 });
});

test('a note that a checkpoint be collected is not followed', async () => {
  const { chain } = await makeChain();
  const [name = ''] = [...objects.keys()].filter((each) => each.startsWith(checkpointFolder(chain)));
  const [tenantId = '', sha256 = ''] = name.split('/');
  await owner.query('insert into doomed_objects (tenant_id, sha256, bytes) values ($1, $2, 1)', [tenantId, sha256]);
  const deleted: string[] = [];
  const watched: ObjectStore = { ...store, delete: async (key) => void deleted.push(key.sha256) };
  await expect(removeDoomed(worker, watched, { tenantId, sha256 })).rejects.toThrow('never removed');
  expect(deleted).toEqual([]);
  await owner.query('delete from doomed_objects');
});

test('a checkpoint that the store lost is missed', async () => {
  const { chain } = await makeChain();
  const [lost] =
    [...objects].find(([, document]) => document.includes(chain) && document.includes('"sequence":9')) ?? [];
  objects.delete(lost ?? '');
  expect((await verify(chain)).broken).toMatchObject({ kind: 'dropped', sequence: 9 });
});

test('an event that could have been sealed long ago is reported', async () => {
  const { chain, as } = await makeChain();
  await executeAction(dependencies, renameOrganization, as.owner, { name: 'waiting' });
  expect(await verify(chain)).toMatchObject({ ok: true, unsealed: { events: 1, overdue: 0 } });
  await tamper(
    `update audit_events set at = at - interval '2 minutes' where tenant_id = $1 and details ->> 'name' = 'waiting'`,
    [chain],
  );
  // once no transaction of another test is older
  await expect
    .poll(() => verify(chain), { timeout: 300_000 })
    .toMatchObject({ ok: false, broken: null, unsealed: { events: 1, overdue: 1 } });
});

test('a new key signs, and what the former one signed still holds', async () => {
  const { chain, as } = await makeChain();
  await executeAction(dependencies, renameOrganization, as.owner, { name: 'later' });
  await sealAll(worker, owner, chain);
  const [former, next] = [seed(), seed()];
  const both = AuditKeys.parse(`${next},${former}`);
  const withOld = { database: worker, store, workDirectory, checkpointSeconds: 0 };
  await makeCheckpoints({ ...withOld, keys: AuditKeys.parse(former) });
  await executeAction(dependencies, renameOrganization, as.owner, { name: 'latest' });
  await sealAll(worker, owner, chain);
  await makeCheckpoints({ ...withOld, keys: both });
  const publicKeys = [...keys.publicKeys(), ...both.publicKeys()].map(({ publicKey }) => publicKey).join();
  expect(await verifyChain({ ...options, keys: AuditKeys.parse('', publicKeys) }, chain)).toMatchObject({
    ok: true,
    checkpoints: 5,
  });
  expect((await verify(chain)).broken).toMatchObject({ kind: 'unknown_key', sequence: 13 });
});

test('what is past its retention goes up to a checkpoint, and the chain stays provable', async () => {
  const { chain, as } = await makeChain();
  await owner.query('update organizations set audit_retention_days = 30 where id = $1', [chain]);
  expect(await retainEvents(worker, null)).toEqual([]);
  const age = (days: number, upTo: number) =>
    tamper(
      `update audit_checkpoints set made_at = made_at - make_interval(days => $3) where tenant_id = $1 and sequence <= $2`,
      [chain, upTo, days],
    );
  await age(29, 9);
  expect(await retainEvents(worker, null)).toEqual([]);
  await age(2, 9);
  expect(await retainEvents(worker, null)).toEqual([{ chain, removed: 9 }]);
  await age(-31, 9); // as it would be signed
  expect(await verify(chain)).toMatchObject({ ok: true, from: 10, to: 12, unsealed: { events: 1 } });
  await executeAction(dependencies, renameOrganization, as.owner, { name: 'goes on' });
  await sealAll(worker, owner, chain);
  await checkpoint();
  expect(await verify(chain)).toMatchObject({ ok: true, from: 10, to: 14, checkpoints: 4 });
  const left = await owner.query('select details from audit_events where tenant_id = $1 and action = $2', [
    chain,
    'audit.retention',
  ]);
  expect(left.rows).toEqual([{ details: { days: 30, events: 9, through: 9 } }]);
});

test('the plan says how long events are kept at most, whatever the organization and the installation say', async () => {
  const { chain, as } = await makeChain();
  await owner.query("update organizations set plan = 'free' where id = $1", [chain]);
  await expect(
    executeAction(dependencies, configureAudit, as.owner, { retentionDays: plans.free.limits.audit_days + 1 }),
  ).rejects.toMatchObject({ kind: 'limit_reached', details: { entitlement: 'audit_days', plan: 'free', limit: 90 } });
  await executeAction(dependencies, configureAudit, as.owner, { retentionDays: plans.free.limits.audit_days });
  await executeAction(dependencies, configureAudit, as.owner, { retentionDays: null });
  const made = (days: number) =>
    tamper(
      'update audit_checkpoints set made_at = now() - make_interval(days => $2) where tenant_id = $1 and sequence <= 5',
      [chain, days],
    );
  await made(89);
  expect(await retainEvents(worker, 3650)).toEqual([]);
  await made(91);
  expect(await retainEvents(worker, 3650)).toEqual([{ chain, removed: 5 }]);
});
