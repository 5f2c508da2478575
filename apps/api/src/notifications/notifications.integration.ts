import { makeToken } from '@granary/domain';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { makeTestKey } from '../testing/make-key.ts';
import { readEvents } from '../testing/read-events.ts';
import { startTestApi } from '../testing/start-test-api.ts';

const api = await startTestApi();
const { tenantId, as } = api.ours;
const key = api.keys.viewer;

const handOn = async () => {
  while ((await api.owner.query('select app.dispatch_events(1000)')).rowCount);
};
const give = async (title: string, to = as.viewer.userId): Promise<string> => {
  const { rows } = await api.owner.query<{ id: string }>(
    `with made as (insert into todos (tenant_id, owner_id, assignee_id, title) values ($1, $2, $3, $4) returning id)
     select id from made`,
    [tenantId, as.editor.userId, to, title],
  );
  const events = await api.owner.query<{ id: string }>('select id from outbox_events where subject_id = $1', [
    rows[0]?.id,
  ]);
  return events.rows[0]?.id ?? '';
};
const ask = async (address: string, options: Parameters<typeof api.fetch>[1] = {}) => {
  const response = await api.fetch(address, { key, ...options });
  expect(response.ok, address).toBe(true);
  return response;
};
const json = (method: string, body: object) => ({
  method,
  body: JSON.stringify(body),
  headers: { 'content-type': 'application/json' },
});
const item = z.looseObject({ id: z.string(), title: z.string(), cursor: z.string(), readAt: z.string().nullable() });
const list = z.object({ items: z.array(item), nextCursor: z.string().nullable() });
const since = z.object({ items: z.array(item), cursor: z.string() });
await handOn();

test('an inbox is listed, counted, read and chosen over REST', async () => {
  await give('one');
  await give('two');
  await handOn();
  const { items } = list.parse(await (await ask('/v1/notifications?type=todo.assigned&unread=true')).json());
  expect(items.map(({ title }) => title)).toEqual([
    'Somebody gave you the to-do “two”',
    'Somebody gave you the to-do “one”',
  ]);
  const counted = async () =>
    z.object({ unread: z.int() }).parse(await (await ask('/v1/notifications/unread-count')).json()).unread;
  const before = await counted();
  const marked = await ask('/v1/notifications/read', json('POST', { notificationIds: [items[0]?.id] }));
  expect(await marked.json()).toEqual({ marked: 1 });
  expect(await counted()).toBe(before - 1);
  await ask('/v1/notifications/read-all', json('POST', {}));
  expect(await counted()).toBe(0);
  const chosen = await ask('/v1/notifications/preferences/todo.assigned', json('PUT', { mail: 'weekly' }));
  expect(await chosen.json()).toEqual({ type: 'todo.assigned', inbox: true, mail: 'weekly' });
  expect(await (await ask('/v1/notifications/preferences')).json()).toMatchObject({
    items: expect.arrayContaining([
      expect.objectContaining({ type: 'todo.assigned', mail: 'weekly', isDefault: false }),
    ]),
  });
});

test('a stream tells what comes, to whom it is for, and whoever comes back gets what they missed', async () => {
  const { cursor } = since.parse(await (await ask('/v1/notifications/since')).json());
  const stream = readEvents(await ask('/v1/notifications/events'));
  const colleagues = readEvents(await ask('/v1/notifications/events', { key: api.keys.colleague }));
  const strangers = readEvents(await ask('/v1/notifications/events', { key: api.keys.stranger }));
  for (const title of ['streamed one', 'streamed two']) {
    await give(title);
    await handOn();
  }
  const titles = (events: ReturnType<typeof stream.events>) => events.map(({ data }) => data.title);
  const both = ['Somebody gave you the to-do “streamed one”', 'Somebody gave you the to-do “streamed two”'];
  await expect.poll(() => titles(stream.events())).toEqual(both);
  expect(stream.events().map(({ event }) => event)).toEqual(['notification', 'notification']);

  const resumed = readEvents(
    await ask('/v1/notifications/events', { headers: { 'last-event-id': stream.events()[0]?.id ?? '' } }),
  );
  await expect.poll(() => titles(resumed.events())).toEqual(both.slice(1));
  const later = since.parse(await (await ask(`/v1/notifications/since?cursor=${cursor}`)).json());
  expect(later.items.map(({ title }) => title)).toEqual(both);
  await give('for the colleague', as.colleague.userId);
  await handOn();
  await expect.poll(() => titles(colleagues.events())).toEqual(['Somebody gave you the to-do “for the colleague”']);
  expect(titles(stream.events())).toEqual(both);
  expect(strangers.text()).not.toContain('to-do');
});

test('what is committed late comes before what waited for it: nothing is passed over', async () => {
  const stream = readEvents(await ask('/v1/notifications/events'));
  const [slow, fast] = [await give('begun first'), await give('begun second')];
  const first = await api.owner.connect();
  const second = await api.owner.connect();
  await first.query('begin');
  await first.query('select app.fan_out_event($1)', [slow]);
  const pid = (await second.query('select pg_backend_pid() as pid')).rows[0].pid;
  const handedOn = second.query('select app.fan_out_event($1)', [fast]);
  const blocked = async () => (await api.owner.query('select cardinality(pg_blocking_pids($1)) as n', [pid])).rows[0].n;
  await expect.poll(blocked).toBeGreaterThan(0);
  expect(since.parse(await (await ask('/v1/notifications/since')).json()).items).toEqual([]);
  expect(stream.events()).toEqual([]);
  await first.query('commit');
  await handedOn;
  first.release();
  second.release();
  await expect
    .poll(() => stream.events().map(({ data }) => data.title))
    .toEqual(['Somebody gave you the to-do “begun first”', 'Somebody gave you the to-do “begun second”']);
});

test('a stream ends as soon as the listener is no longer let in', async () => {
  const { id, text } = await makeTestKey(api.owner, as.viewer);
  const stream = readEvents(await ask('/v1/notifications/events', { key: text }));
  await api.owner.query('update api_keys set revoked_at = now() where id = $1', [id]);
  await expect.poll(() => stream.events().at(-1)?.event).toBe('error');
  expect(stream.events().at(-1)?.data).toMatchObject({ kind: 'unauthenticated' });
});

test('a cursor that is none is refused, wherever it is given', async () => {
  for (const cursor of ['x', '-1', "1'; select 1", '9'.repeat(30)]) {
    for (const address of ['/v1/notifications', '/v1/notifications/since', '/v1/notifications/events'])
      expect((await api.fetch(`${address}?cursor=${encodeURIComponent(cursor)}`, { key })).status, address).toBe(400);
    expect((await api.fetch('/v1/notifications/events', { key, headers: { 'last-event-id': cursor } })).status).toBe(
      400,
    );
  }
});

test('a mail program unsubscribes with a form that says nothing, and gets nothing by a guess', async () => {
  await api.owner.query(`delete from notification_preferences where user_id = $1`, [as.viewer.userId]);
  await give('mailed');
  await handOn();
  const token = makeToken();
  await api.owner.query(
    `select app.prepare_mail(m.id, $2) from identity.mails m where m.user_id = $1 and m.purpose = 'notification'`,
    [as.viewer.userId, token.hash],
  );
  const click = (text: string, type: string, body: string) =>
    api.fetch(`/account/notifications?token=${text}`, {
      key: null,
      method: 'POST',
      body,
      headers: { 'content-type': type },
    });
  const form = ['application/x-www-form-urlencoded', 'List-Unsubscribe=One-Click'] as const;
  expect((await click(makeToken().text, ...form)).status).toBe(400);
  expect((await api.fetch('/account/notifications', { key: null, method: 'POST' })).status).toBe(400);
  expect((await click(token.text, ...form)).status).toBe(200);
  const boundary = 'multipart/form-data; boundary=x';
  const multipart = '--x\r\ncontent-disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n';
  expect((await click(token.text, boundary, multipart)).status).toBe(200);
  const { items } = z
    .object({ items: z.array(z.looseObject({ type: z.string(), mail: z.string() })) })
    .parse(await (await ask('/v1/notifications/preferences')).json());
  expect(items.find(({ type }) => type === 'todo.assigned')?.mail).toBe('off');
  expect(api.logs()).not.toContain(token.text);
});
