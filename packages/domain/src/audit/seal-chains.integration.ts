import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createDatabase } from '@granary/db';
import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import { expect, test } from 'vitest';
import { executeAction } from '../actions/execute-action.ts';
import { dependenciesOf } from '../isolation/populate.ts';
import { AuditKeys } from './audit-keys.ts';
import { followAuditEvents } from './follow-audit-events.ts';
import { sealChains } from './seal-chains.ts';
import { sealAll } from './testing/seal-all.ts';
import { listChains } from './verify/list-chains.ts';
import { verifyChain } from './verify/verify-chain.ts';

const testDatabase = await createTestDatabase();
const owner = testDatabase.pool('postgres');
const writing = testDatabase.pool('granary_worker', { poolSize: 20, connectTimeoutMs: 0 });
const sealers = ['one', 'two'].map(() =>
  createDatabase(testDatabase.pool('granary_worker', { poolSize: 1 }), { prepared: true }),
);
const dependencies = dependenciesOf(testDatabase);
const options = {
  database: createDatabase(owner, { prepared: false }),
  keys: AuditKeys.none,
  store: null,
  overdueSeconds: 600,
};

/** One transaction with so many events, by whoever the claims say. */
async function write(tenantId: string, writer: number, events: number, ending: 'commit' | 'rollback' = 'commit') {
  const client = await writing.connect();
  try {
    await client.query('begin');
    await client.query(`select set_config('request.jwt.claims', $1, true)`, [JSON.stringify({ tenant_id: tenantId })]);
    await client.query(
      `select app.audit('test.write', 'done', 'test', null, jsonb_build_object('writer', $1::int, 'ending', $3::text)) from generate_series(1, $2::int)`,
      [writer, events, ending],
    );
    await client.query(ending);
  } finally {
    client.release();
  }
}

const sealed = async (tenantId: string) =>
  (
    await owner.query(
      `select count(*)::int as n, coalesce(max(sequence), 0)::int as last, count(distinct event_id)::int as events from audit_chain where tenant_id = $1`,
      [tenantId],
    )
  ).rows[0];

test('fifty writers of a thousand events each, two sealers and a verifier at the same time: every event once, in commit order', async () => {
  const { tenantId, as } = await createTestOrganization(owner, 'busy');
  const total = 50_000;
  let written = false;
  const writers = Array.from({ length: 50 }, async (_, writer) => {
    for (let left = 1000, turn = 0; left > 0; turn += 1) {
      const events = Math.min(left, 1 + ((writer + turn) % 40));
      await write(tenantId, writer, events);
      left -= events;
      if (turn % 10 === 0) await write(tenantId, writer, 3, 'rollback');
    }
  });
  const sealing = sealers.map(async (sealer) => {
    while (!written) await sealChains(sealer);
    await sealAll(sealer, owner, tenantId);
  });
  const verifying = (async () => {
    const seen: number[] = [];
    while (!written) {
      const report = await verifyChain(options, tenantId);
      expect(report).toMatchObject({ ok: true, broken: null });
      seen.push(report.to);
    }
    return seen;
  })();
  // who follows misses none, though ids and times are not in the order of commits
  const following = (async () => {
    const seen = new Set<string>();
    let cursor: string | undefined = '0.00000000-0000-0000-0000-000000000000';
    while (seen.size < total) {
      const answer: ReturnType<typeof followAuditEvents.output.parse> = followAuditEvents.output.parse(
        await executeAction(dependencies, followAuditEvents, as.auditor, { cursor, limit: 1000, action: 'test.write' }),
      );
      for (const { id } of answer.items) {
        expect(seen.has(id)).toBe(false);
        seen.add(id);
      }
      cursor = answer.cursor;
    }
  })();
  await Promise.all(writers);
  written = true;
  await Promise.all([...sealing, following]);
  const seen = await verifying;
  expect(seen.length).toBeGreaterThan(0);
  expect(await sealed(tenantId)).toEqual({ n: total, last: total, events: total });
  expect(await verifyChain(options, tenantId)).toMatchObject({ ok: true, from: 1, to: total, unsealed: { events: 0 } });
}, 240_000);

test('a transaction that ends late is sealed late, and those that began after it wait', async () => {
  const { tenantId } = await createTestOrganization(owner, 'late');
  const client = await owner.connect();
  await client.query('begin; select pg_current_xact_id()');
  try {
    await write(tenantId, 1, 5);
    await sealChains(sealers[0]!);
    expect((await sealed(tenantId)).n).toBe(0);
    expect(await verifyChain({ ...options, overdueSeconds: 0 }, tenantId)).toMatchObject({
      ok: true,
      unsealed: { events: 5, overdue: 0 },
    });
  } finally {
    await client.query('commit');
    client.release();
  }
  await sealAll(sealers[0]!, owner, tenantId);
  expect((await sealed(tenantId)).n).toBe(5);
});

test('a sealer that is killed at any moment leaves a chain that the next one goes on with', async () => {
  const { tenantId } = await createTestOrganization(owner, 'killed');
  const script = fileURLToPath(new URL('./testing/sealing-process.ts', import.meta.url));
  let goal = 0;
  for (let round = 1; round <= 4; round += 1) {
    await write(tenantId, round, 1500);
    const child = spawn(process.execPath, [script, testDatabase.url('granary_worker')], { stdio: 'ignore' });
    goal += round * 100;
    await expect.poll(async () => (await sealed(tenantId)).n, { timeout: 300_000 }).toBeGreaterThan(goal);
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  // the server notices a moment later that the process is gone, and until then its lock stands
  await expect
    .poll(
      async () => {
        await sealChains(sealers[0]!);
        return sealed(tenantId);
      },
      { timeout: 300_000 },
    )
    .toEqual({ n: 6000, last: 6000, events: 6000 });
  expect(await verifyChain(options, tenantId)).toMatchObject({ ok: true, to: 6000 });
}, 120_000);

test('a worker cannot seal what is not so: another event, another order, another number, or bytes that say more', async () => {
  const { tenantId } = await createTestOrganization(owner, 'forged');
  await write(tenantId, 1, 2);
  const batch = async () =>
    (await writing.query('select sequence, previous, event from app.audit_batch($1, 10)', [tenantId])).rows.map(
      ({ sequence, previous, event }) => ({ sequence, previous, event: JSON.parse(event) }),
    );
  await expect.poll(async () => (await batch()).length).toBe(2);
  const [first, second] = await batch();
  const seal = (...entries: object[]) =>
    writing.query('select app.seal_audit($1, $2)', [
      tenantId,
      entries.map((entry) => Buffer.from(JSON.stringify(entry))),
    ]);
  for (const entries of [
    [{ ...first, event: { ...first?.event, action: 'test.else' } }],
    [{ ...first, sequence: 2 }],
    [{ ...first, more: true }],
    [{ ...second, sequence: 1 }],
    [{ ...first, previous: 'f'.repeat(64) }],
    [first ?? {}, second ?? {}], // the second one has to name the first
    [first ?? {}, first ?? {}],
  ])
    await expect(seal(...entries)).rejects.toMatchObject({ code: 'GR409' });
  expect((await sealed(tenantId)).n).toBe(0);
  await sealAll(sealers[0]!, owner, tenantId);
  expect((await sealed(tenantId)).n).toBe(2);
});

test('a trail that was brought from a cluster with younger transactions goes on where it was', async () => {
  const { tenantId } = await createTestOrganization(owner, 'moved');
  await write(tenantId, 1, 3);
  await sealAll(sealers[0]!, owner, tenantId);
  await write(tenantId, 2, 2);
  // as a dump brings it: numbers of transactions that this cluster has not come to
  await owner.query(`begin; set local granary.audit = 'maintained';
    update audit_events set transaction = transaction + 1000000000 where tenant_id = '${tenantId}';
    update audit_heads set transaction = transaction + 1000000000, horizon = horizon + 1000000000 where tenant_id = '${tenantId}'; commit`);
  // somebody's old transaction holds back what may be sealed, while the trail is given numbers of this cluster
  const old = await owner.connect();
  await old.query('begin; select pg_current_xact_id()');
  await write(tenantId, 3, 4);
  await sealChains(sealers[0]!, { onFailure: () => {} });
  await old.query('rollback');
  old.release();
  await sealAll(sealers[0]!, owner, tenantId);
  expect(await sealed(tenantId)).toEqual({ n: 9, last: 9, events: 9 });
  expect(await verifyChain(options, tenantId)).toMatchObject({ ok: true, to: 9, unsealed: { events: 0 } });
  const { rows } = await owner.query(
    `select e.details ->> 'writer' as writer from audit_events e join audit_chain c on c.event_id = e.id where c.tenant_id = $1 order by c.sequence`,
    [tenantId],
  );
  expect(rows.map(({ writer }) => writer).join('')).toBe('111223333');
});

test('numbers that no double holds are sealed to the last digit', async () => {
  const { tenantId } = await createTestOrganization(owner, 'exact');
  await writing.query(
    `select set_config('request.jwt.claims', $1, false), app.audit('test.write', 'done', 'test', null, '{"n": 9007199254740993, "tiny": 0.1000000000000000055511151231257827, "list": [1e400], "ok": 1.5}')`,
    [JSON.stringify({ tenant_id: tenantId })],
  );
  await sealAll(sealers[0]!, owner, tenantId);
  expect(await verifyChain(options, tenantId)).toMatchObject({ ok: true, to: 1 });
  await owner.query(`begin; set local granary.audit = 'maintained';
    update audit_events set details = jsonb_set(details, '{n}', '9007199254740992') where tenant_id = '${tenantId}'; commit`);
  expect((await verifyChain(options, tenantId)).broken).toMatchObject({ kind: 'changed', sequence: 1 });
});

test('the trail of an organization that is being erased is not sealed, nor called broken, and nothing of it is left', async () => {
  const { tenantId } = await createTestOrganization(owner, 'erased');
  await write(tenantId, 1, 3);
  await sealAll(sealers[0]!, owner, tenantId);
  await write(tenantId, 1, 1);
  await owner.query(
    'update organizations set closed_at = now(), erase_after = now(), erasing_since = now() where id = $1',
    [tenantId],
  );
  expect(await listChains(options.database)).not.toContain(tenantId);
  const next = () => owner.query('select from app.audit_batch($1, 10)', [tenantId]);
  expect((await next()).rowCount).toBe(0);
  expect((await sealed(tenantId)).n).toBe(3);

  for (let step = ''; step !== 'nothing left'; )
    step = (await owner.query('select app.erase_organization_step($1, 1000) as step', [tenantId])).rows[0].step;
  expect((await next()).rowCount).toBe(0);
  await owner.query('select app.finish_erasure($1)', [tenantId]);
  expect((await next()).rowCount).toBe(0);
  const { rows } = await owner.query('select from audit_heads where tenant_id = $1', [tenantId]);
  expect(rows).toEqual([]);
});
