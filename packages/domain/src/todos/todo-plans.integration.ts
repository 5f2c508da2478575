import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import { beforeAll, expect, test } from 'vitest';
import { countExplained } from '../testing/count-explained.ts';
import { selectTodoPage, todoFilter } from './todo-page.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const { as, tenantId } = await createTestOrganization(owner, 'many to-dos');
const { userId } = as.editor;

beforeAll(async () => {
  await owner.query(
    `insert into todos (tenant_id, owner_id, assignee_id, title)
     select $1, case when i % 4000 = 7 then $3::uuid else $2 end, case when i % 4000 = 9 then $3::uuid end, i
     from generate_series(1, 20000) i`,
    [tenantId, as.colleague.userId, userId],
  );
  await owner.query('analyze todos');
});

test.each(['force_custom_plan', 'force_generic_plan'] as const)(
  'under %s a page of one’s own few looks at them, and not at those of the organization',
  async (plans) => {
    const page = selectTodoPage(tenantId, todoFilter.parse({}));
    for (const mine of [page.where('owner_id', '=', userId), page.where('assignee_id', '=', userId)])
      expect(await countExplained(database.pool('granary_api'), as.editor, mine, plans)).toBeLessThanOrEqual(10);
  },
);
