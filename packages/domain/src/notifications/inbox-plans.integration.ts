import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import { beforeAll, expect, test } from 'vitest';
import { countExplained } from '../testing/count-explained.ts';
import { selectSince } from './follow-notifications.ts';
import { selectInboxPage } from './list-notifications.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const { as, tenantId } = await createTestOrganization(owner, 'much told');
const { userId } = as.editor;
const each = 10_000;

beforeAll(async () => {
  for (const person of [userId, as.colleague.userId])
    await owner.query(
      `insert into notifications (tenant_id, user_id, event_id, type, subject_type, subject_id, data, created_at, place, read_at)
       select $1, $2, app.uuidv7(), 'todo.due', 'todo', app.uuidv7()::text, '{}', now(), i, case when i % 1000 <> 0 then now() end
       from generate_series(1, $3::integer) i`,
      [tenantId, person, each],
    );
  await owner.query(`insert into todos (tenant_id, owner_id, title) select $1, $2, 'x' from generate_series(1, 2000)`, [
    tenantId,
    as.colleague.userId,
  ]);
  await owner.query('analyze notifications, todos');
});

test.each(['force_custom_plan', 'force_generic_plan'] as const)(
  'under %s a page of an inbox, its unread part and what came since look at what they show',
  async (plans) => {
    const looked = (query: Parameters<typeof countExplained>[2]) =>
      countExplained(database.pool('granary_api'), as.editor, query, plans);
    expect(await looked(selectInboxPage(tenantId, userId, { limit: 20 }))).toBeLessThanOrEqual(21);
    expect(await looked(selectInboxPage(tenantId, userId, { limit: 20, cursor: '5000' }))).toBeLessThanOrEqual(21);
    expect(await looked(selectInboxPage(tenantId, userId, { limit: 20, unread: true }))).toBeLessThanOrEqual(21);
    expect(await looked(selectSince(tenantId, userId, String(each - 5), 100))).toBeLessThanOrEqual(5);
  },
);
