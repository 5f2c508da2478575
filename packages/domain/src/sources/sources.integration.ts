import { createTestDatabase, createTestOrganization, type TestOrganization } from '@granary/db/testing';
import { expect, test } from 'vitest';
import { executeAction } from '../actions/execute-action.ts';
import { actions } from '../actions/registry.ts';
import { dependenciesOf } from '../isolation/populate.ts';
import type { Source, SourceRun } from './schema.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const dependencies = dependenciesOf(database);
const names = Array.from({ length: 50 }, (_, index) => `sources ${index}`);
const organization = () => createTestOrganization(owner, names.pop() ?? 'more names');

type Caller = TestOrganization['as']['editor'];
async function act<T>(caller: Caller, name: string, input: object): Promise<T> {
  const action = actions.find((each) => each.name === `sources.${name}`);
  if (!action) throw new Error(`no action sources.${name}`);
  return (await executeAction(dependencies, action, caller, input)) as T;
}
const wanted = { connector: 'firefox-addons', name: 'Add-ons' };

test('an organization follows a marketplace by a schedule of its time zone, and its colleagues see it', async () => {
  const { as } = await organization();
  const made = await act<Source>(as.editor, 'create', { ...wanted, cron: '15 6 * * *', timeZone: 'Europe/Berlin' });
  expect(made).toMatchObject({ ...wanted, crawls: true, isPaused: false, rate: 1, revision: 1 });
  expect(new Date(made.nextRunAt ?? 0).getTime()).toBeGreaterThan(Date.now());
  expect(await act(as.viewer, 'get', { sourceId: made.id })).toEqual(made);
  expect(await act(as.viewer, 'list', {})).toEqual({ items: [made], nextCursor: null });
  await expect(act(as.viewer, 'pause', { sourceId: made.id })).rejects.toMatchObject({ kind: 'forbidden' });
  const changed = await act<Source>(as.editor, 'update', {
    sourceId: made.id,
    revision: 1,
    cron: null,
    name: 'Firefox',
  });
  expect(changed).toMatchObject({ name: 'Firefox', cron: null, nextRunAt: null, revision: 2 });
  const stale = act(as.editor, 'update', { sourceId: made.id, revision: 1, name: 'Late' });
  await expect(stale).rejects.toMatchObject({ kind: 'conflict', details: { revision: 2 } });
});

test.each([
  [{ connector: 'nobodys' }, 'connector'],
  [{ connector: 'generic', settings: {} }, 'settings'],
  [{ settings: { pageSize: 'many' } }, 'settings'],
  [{ settings: { nothing: 1 } }, 'settings'],
  [{ cron: '* * * *' }, 'cron'],
  [{ timeZone: 'Atlantis/Capital' }, 'timeZone'],
  [{ connector: 'google-workspace', crawls: true }, 'crawls'],
])('%j is refused, and the field named', async (field, named) => {
  const { as } = await organization();
  await expect(act(as.editor, 'create', { ...wanted, ...field })).rejects.toMatchObject({
    kind: 'invalid',
    details: { field: named },
  });
});

test('a marketplace whose terms restrict crawling is not crawled; what it holds is imported', async () => {
  const { as } = await organization();
  const source = await act<Source>(as.editor, 'create', { connector: 'google-workspace', name: 'Apps' });
  expect(source.crawls).toBe(false);
  await expect(act(as.editor, 'run', { sourceId: source.id })).rejects.toMatchObject({ kind: 'precondition' });
  const turnedOn = act(as.editor, 'update', { sourceId: source.id, crawls: true });
  await expect(turnedOn).rejects.toMatchObject({ kind: 'invalid', details: { field: 'crawls' } });
  const scheduled = act(as.editor, 'update', { sourceId: source.id, cron: '0 0 * * *' });
  await expect(scheduled).rejects.toMatchObject({ kind: 'invalid' });
});

test('nobody has a host asked more than once a second, and names are of one source each', async () => {
  const { as } = await organization();
  await expect(act(as.owner, 'create', { ...wanted, rate: 2 })).rejects.toMatchObject({ kind: 'invalid' });
  await act(as.editor, 'create', wanted);
  await expect(act(as.editor, 'create', { ...wanted, name: 'ADD-ONS' })).rejects.toMatchObject({ kind: 'conflict' });
  // of two at once one
  const both = await Promise.allSettled([1, 2].map(() => act(as.editor, 'create', { ...wanted, name: 'Twin' })));
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
});

test('one crawl at a time: of two who ask at once one is told; a run is followed and cancelled, and stays in the history', async () => {
  const { as } = await organization();
  const { id: sourceId } = await act<Source>(as.editor, 'create', wanted);
  const asked = await Promise.allSettled([1, 2].map(() => act<SourceRun>(as.editor, 'run', { sourceId })));
  const [run] = asked.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  expect(asked.filter(({ status }) => status === 'rejected')).toMatchObject([{ reason: { kind: 'conflict' } }]);
  expect(await act(as.viewer, 'runStatus', { sourceId, runId: run?.id })).toMatchObject({
    state: 'queued',
    trigger: 'manual',
    requestedBy: as.editor.userId,
  });
  expect(await act(as.editor, 'cancel', { sourceId, runId: run?.id })).toMatchObject({ state: 'cancelled' });
  const again = act(as.editor, 'cancel', { sourceId, runId: run?.id });
  await expect(again).rejects.toMatchObject({ kind: 'precondition' });
  await act(as.editor, 'pause', { sourceId });
  await expect(act(as.editor, 'run', { sourceId })).rejects.toMatchObject({ kind: 'precondition' });
  await act(as.editor, 'resume', { sourceId });
  const { id: newer } = await act<SourceRun>(as.editor, 'run', { sourceId });
  const page = await act<{ items: SourceRun[]; nextCursor: string }>(as.viewer, 'runs', { sourceId, limit: 1 });
  expect(page).toMatchObject({ items: [{ id: newer }], nextCursor: newer });
  expect(await act(as.viewer, 'runs', { sourceId, cursor: page.nextCursor })).toMatchObject({
    items: [{ id: run?.id }],
  });
  await act(as.editor, 'delete', { sourceId });
  await expect(act(as.viewer, 'runs', { sourceId })).rejects.toMatchObject({ kind: 'not_found' });
});

test('what a source’s pages yield is shown field by field, beside the runs before', async () => {
  const { as, tenantId } = await organization();
  const { id: sourceId } = await act<Source>(as.editor, 'create', wanted);
  expect(await act(as.viewer, 'health', { sourceId })).toMatchObject({ runId: null, fields: [] });
  const ended = (health: object, alarms: object[]) =>
    owner.query(
      `insert into source_runs (tenant_id, source_id, trigger, state, ended_at, field_health, alarms) values ($1, $2, 'schedule', 'succeeded', now(), $3, $4)`,
      [tenantId, sourceId, health, JSON.stringify(alarms)],
    );
  await ended({ users: { pages: 10, read: 10, by: { embedded: 10 } } }, []);
  await ended({ users: { pages: 10, read: 1, by: { markup: 1 } } }, [
    { field: 'users', kind: 'lost', before: 1, now: 0.1 },
  ]);
  expect(await act(as.viewer, 'health', { sourceId })).toMatchObject({
    alarms: [{ field: 'users', kind: 'lost' }],
    fields: [{ field: 'users', share: 0.1, before: 1, by: { markup: 1 } }],
  });
});

test('a plan’s sources are counted, and one more is refused, also of many at once', async () => {
  const { as, tenantId } = await organization();
  await owner.query(`update organizations set plan = 'free' where id = $1`, [tenantId]);
  const made = await Promise.allSettled(
    Array.from({ length: 6 }, (_, index) => act(as.editor, 'create', { ...wanted, name: `Source ${index}` })),
  );
  expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
  for (const each of made)
    if (each.status === 'rejected')
      expect(each.reason).toMatchObject({ details: { entitlement: 'sources', limit: 3 } });
});

test('the installation’s sources are nobody’s to see or touch, by whatever role, in SQL as well', async () => {
  const { as } = await organization();
  const { rows } = await owner.query(
    `insert into sources (connector, name) values ('firefox-addons', 'public') returning id`,
  );
  const sourceId: string = rows[0].id;
  for (const name of ['get', 'run', 'pause', 'delete', 'reparse', 'backfill', 'runs', 'health', 'captures'])
    await expect(act(as.owner, name, { sourceId }), name).rejects.toMatchObject({
      kind: 'not_found',
      message: 'no such source',
    });
  const api = database.pool('granary_api');
  const client = await api.connect();
  try {
    await client.query('begin');
    // as if an attacker could name the claims: only the owner's connection makes an operator
    await client.query(`select set_config('request.jwt.claims', '{"operator": "root"}', true)`);
    await client.query('set local role granary_member');
    await expect(client.query('select app.delete_source($1)', [sourceId])).rejects.toMatchObject({ code: 'GR404' });
  } finally {
    await client.query('rollback');
    client.release();
  }
});

test('an archive is asked for pages of items, of a source that has any there, and by who may change the source', async () => {
  const { as } = await organization();
  const { id: sourceId } = await act<Source>(as.editor, 'create', { connector: 'chrome-web-store', name: 'Store' });
  const addresses = ['https://chromewebstore.google.com/detail/x/ofadgkplmhbecinjofadgkplmhbecinj'];
  for (const wrong of [
    { addresses: ['https://example.com/'] },
    { addresses: [] },
    { from: '2024' },
    { since: '2024-01-01' },
  ])
    await expect(act(as.editor, 'backfill', { sourceId, ...wrong }), JSON.stringify(wrong)).rejects.toMatchObject({
      kind: 'invalid',
    });
  await expect(act(as.viewer, 'backfill', { sourceId })).rejects.toMatchObject({ kind: 'forbidden' });
  const run = await act<SourceRun>(as.editor, 'backfill', { sourceId, addresses, from: '2023-01-01' });
  expect(run).toMatchObject({ trigger: 'backfill', state: 'queued' });
  await expect(act(as.editor, 'backfill', { sourceId })).rejects.toMatchObject({ kind: 'conflict' });
  await act(as.editor, 'run', { sourceId }); // which does not wait for it
  const { id: elsewhere } = await act<Source>(as.editor, 'create', wanted);
  await expect(act(as.editor, 'backfill', { sourceId: elsewhere })).rejects.toMatchObject({ kind: 'invalid' });
});

test('alarms that are on are shown and acknowledged, once, by who may change the source', async () => {
  const { as, tenantId } = await organization();
  const { id: sourceId } = await act<Source>(as.editor, 'create', wanted);
  const { rows } = await owner.query(
    `insert into source_runs (tenant_id, source_id, trigger, state) values ($1, $2, 'schedule', 'running') returning id`,
    [tenantId, sourceId],
  );
  await owner.query(
    `update source_runs set state = 'succeeded', ended_at = now(), alarms = $2, field_health = '{"users": {"pages": 9, "read": 0, "by": {}}}' where id = $1`,
    [rows[0].id, JSON.stringify([{ field: 'users', kind: 'lost', before: 1, now: 0 }])],
  );
  const { open } = await act<{ open: { id: string }[] }>(as.viewer, 'health', { sourceId });
  expect(open).toMatchObject([{ field: 'users', kind: 'lost', runId: rows[0].id, acknowledgedAt: null }]);
  const input = { sourceId, alarmId: open[0]?.id };
  await expect(act(as.viewer, 'acknowledgeAlarm', input)).rejects.toMatchObject({ kind: 'forbidden' });
  const { as: strangers } = await organization();
  await expect(act(strangers.owner, 'acknowledgeAlarm', input)).rejects.toMatchObject({ kind: 'not_found' });
  const both = await Promise.allSettled([1, 2].map(() => act(as.editor, 'acknowledgeAlarm', input)));
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect(await act(as.viewer, 'health', { sourceId })).toMatchObject({ open: [] });
  const { rows: told } = await owner.query(
    `select app.concerned_by(e) as people from outbox_events e where e.tenant_id = $1 and type = 'source.field_alarm'`,
    [tenantId],
  );
  expect(told).toHaveLength(1);
  expect(told[0].people).toContain(as.editor.userId);
  expect(told[0].people).not.toContain(as.viewer.userId);
});

test('captures are listed for who may read them, newest first, and for nobody else', async () => {
  const { as, tenantId } = await organization();
  const { id: sourceId } = await act<Source>(as.editor, 'create', wanted);
  await owner.query(`insert into stored_objects (tenant_id, sha256, bytes) values ($1, $2, 1)`, [
    tenantId,
    'd'.repeat(64),
  ]);
  await owner.query(
    `with run as (insert into source_runs (tenant_id, source_id, trigger) values ($1, $2, 'import') returning id)
     insert into captures (id, tenant_id, source_id, run_id, request_key, request, final_url, status, fetched_at, origin, body_sha256,
       body_bytes, object_sha256, object_bytes, encoding, headers)
     select overlay(gen_random_uuid()::text placing lpad(n::text, 8, '0') from 1)::uuid, $1, $2, id, n::text, '{}', 'https://example.com/' || n, 200, now(), 'import', repeat('b', 64), 7, repeat('d', 64), 1, 'zstd',
       '{"content-type": "text/html"}' from run cross join generate_series(1, 3) n`,
    [tenantId, sourceId],
  );
  const page = await act<{ items: object[]; nextCursor: string }>(as.admin, 'captures', { sourceId, limit: 2 });
  expect(page.items).toMatchObject([{ url: 'https://example.com/3', bytes: 7, contentType: 'text/html' }, {}]);
  expect(await act(as.admin, 'captures', { sourceId, cursor: page.nextCursor })).toMatchObject({
    items: [{}],
    nextCursor: null,
  });
  await expect(act(as.editor, 'captures', { sourceId })).rejects.toMatchObject({ kind: 'forbidden' });
  const { as: strangers } = await organization();
  await expect(act(strangers.owner, 'captures', { sourceId })).rejects.toMatchObject({ kind: 'not_found' });
});
