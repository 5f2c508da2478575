import { createHash } from 'node:crypto';
import { createDatabase } from '@granary/db';
import { sealChains } from '@granary/domain';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { createDataset } from '../testing/datasets.ts';
import { makeTestKey } from '../testing/make-key.ts';
import { readEvents as readAll } from '../testing/read-events.ts';
import { startTestApi } from '../testing/start-test-api.ts';

const api = await startTestApi();
const worker = createDatabase(api.owner, { prepared: false });
const { text: key } = await makeTestKey(api.owner, api.ours.as.auditor);

const ask = async (address: string, options: Parameters<typeof api.fetch>[1] = {}) => {
  const response = await api.fetch(address, { key, ...options });
  expect(response.status, address).toBe(200);
  return response;
};
const event = z.looseObject({
  action: z.string(),
  verb: z.string(),
  at: z.string(),
  sequence: z.int().nullable(),
  actorId: z.string().nullable(),
  details: z.record(z.string(), z.unknown()),
});
const page = z.object({ items: z.array(event), nextCursor: z.string().nullable() });
const list = async (query: string) => page.parse(await (await ask(`/v1/audit?${query}`)).json());
const since = z.object({ items: z.array(event), cursor: z.string() });
const exported = event.extend({ id: z.string(), sequence: z.int(), hash: z.string(), entry: z.string() });

test('events are found by what they are about, page by page, newest first', async () => {
  const { datasetId } = await createDataset(api, 'listed');
  for (const description of ['one', 'two', 'three'])
    await api.fetch(`/v1/datasets/${datasetId}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json', 'x-request-id': `describe-${description}` },
      body: JSON.stringify({ description }),
    });
  const all = await list(`entityId=${datasetId}`);
  expect(all.items.map(({ action, verb }) => [action, verb])).toEqual([
    ['datasets.describe', 'UPDATE'],
    ['datasets.describe', 'UPDATE'],
    ['datasets.describe', 'UPDATE'],
    ['datasets.create', 'CREATE'],
  ]);
  const pages: unknown[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const one: z.output<typeof page> = await list(`entityId=${datasetId}&limit=3${cursor && `&cursor=${cursor}`}`);
    pages.push(...one.items);
    cursor = one.nextCursor;
  }
  expect(pages).toEqual(all.items);
  const [latest, , , first] = all.items;
  for (const [filter, expected] of [
    ['verb=CREATE', 1],
    [`actorId=${api.ours.as.editor.userId}`, 4],
    [`actorId=${api.ours.as.owner.userId}`, 0],
    ['outcome=refused', 0],
    ['action=datasets.describe', 3],
    [`from=${latest?.at}`, 1],
    [`until=${latest?.at}`, 3],
    ['entityType=key', 0],
  ] as const)
    expect((await list(`entityId=${datasetId}&${filter}`)).items, filter).toHaveLength(expected);
  expect(first?.actorId).toBe(api.ours.as.editor.userId);
});

test('who has not the permission gets nothing, and that is an event', async () => {
  for (const address of [
    '/v1/audit',
    '/v1/audit/since',
    '/v1/audit/events',
    '/v1/audit/events.jsonl',
    '/v1/audit/settings',
  ])
    expect((await api.fetch(address, { key: api.keys.editor })).status, address).toBe(403);
  const refused = await list(`outcome=refused&actorId=${api.ours.as.editor.userId}`);
  expect(new Set(refused.items.map(({ action }) => action))).toEqual(
    new Set(['audit.list', 'audit.follow', 'audit.export', 'audit.settings']),
  );
});

test('an export holds every event with its entry, by which anybody can follow the chain, and is an event itself', async () => {
  await createDataset(api, 'exported');
  await expect
    .poll(async () => {
      await sealChains(worker); // other tests on the server have transactions that hold it back
      return (await list('limit=1000')).items.filter(
        ({ action, sequence }) => action !== 'audit.list' && sequence === null,
      );
    })
    .toEqual([]);
  const text = await (await ask('/v1/audit/events.jsonl')).text();
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => exported.parse(JSON.parse(line)));
  let previous = '0'.repeat(64);
  for (const [at, line] of lines.entries()) {
    expect(line.sequence).toBe(at + 1);
    expect(createHash('sha256').update(line.entry).digest('hex')).toBe(line.hash);
    const entry = JSON.parse(line.entry);
    expect(entry).toMatchObject({ previous, sequence: at + 1 });
    expect(entry.event).toMatchObject({ id: line.id, action: line.action, details: line.details });
    expect(Date.parse(entry.event.at)).toBe(Date.parse(line.at));
    previous = line.hash;
  }
  const { rows } = await api.owner.query('select count(*)::int as n from audit_events where tenant_id = $1', [
    api.ours.tenantId,
  ]);
  expect(rows[0].n).toBe(lines.length + 1);
  expect((await list('action=audit.export&limit=1')).items).toMatchObject([
    { verb: 'EXPORT', details: { filter: {} } },
  ]);
  const some = await (await ask('/v1/audit/events.jsonl?verb=CREATE&outcome=done')).text();
  expect(some.trimEnd().split('\n').length).toBeLessThan(lines.length);
});

test('a stream tells events as they come, and whoever comes back gets what they missed', async () => {
  const { cursor } = since.parse(await (await ask('/v1/audit/since')).json());
  const first = readEvents(await ask('/v1/audit/events?action=datasets.create'));
  await createDataset(api, 'streamed one');
  await expect.poll(() => first.events().length).toBe(1);
  await createDataset(api, 'streamed two');
  await expect.poll(() => first.events().length).toBe(2);
  expect(first.events().map(({ data }) => data.details.name)).toEqual(['streamed one', 'streamed two']);

  const resumed = readEvents(
    await ask('/v1/audit/events?action=datasets.create', { headers: { 'last-event-id': first.events()[0]?.id ?? '' } }),
  );
  await expect.poll(() => resumed.events().length).toBe(1);
  expect(resumed.events()[0]?.data.details.name).toBe('streamed two');
  const later = await ask(`/v1/audit/since?action=datasets.create&cursor=${cursor}`);
  expect(since.parse(await later.json()).items.map(({ details }) => details.name)).toEqual(
    expect.arrayContaining(['streamed one', 'streamed two']),
  );
});

test('a stream ends with an error as soon as the listener may not read it any more', async () => {
  const { id, text: lost } = await makeTestKey(api.owner, api.ours.as.auditor);
  const stream = readEvents(await ask('/v1/audit/events', { key: lost }));
  await api.owner.query('update api_keys set revoked_at = now() where id = $1', [id]);
  await expect.poll(() => stream.events().at(-1)?.event).toBe('error');
  expect(stream.events().at(-1)?.data).toMatchObject({ kind: 'unauthenticated' });
});

test('a cursor that is none is refused, wherever it is given', async () => {
  for (const cursor of ['x', "1.'; select 1", '9'.repeat(30)]) {
    expect((await api.fetch(`/v1/audit?cursor=${encodeURIComponent(cursor)}`, { key })).status).toBe(400);
    expect((await api.fetch('/v1/audit/events', { key, headers: { 'last-event-id': cursor } })).status).toBe(400);
  }
});

/** The events of a stream as they come. */
function readEvents(response: Response) {
  const stream = readAll(response);
  return {
    events: () =>
      // what was written before, and settles only now, comes as well
      stream.events().filter(({ event, data }) => event === 'error' || /^streamed/.test(data.details.name)),
  };
}
