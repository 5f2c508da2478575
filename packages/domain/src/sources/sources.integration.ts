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
  for (const name of ['get', 'run', 'pause', 'delete', 'reparse', 'runs', 'health'])
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
