import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { todo } from './schema.ts';
import { selectTodoPage, todoFilter } from './todo-page.ts';

export const listTodos = defineQuery({
  name: 'todos.list',
  summary: 'List to-dos, newest first: those that you own or are assigned, if you do not say otherwise',
  access: 'todo:read',
  rest: { method: 'GET', path: '/v1/todos' },
  input: todoFilter.extend({
    whose: z
      .enum(['mine', 'owned', 'assigned', 'everybody'])
      .default('mine')
      .meta({ description: 'mine: owned and assigned; everybody: all that you may see, which todo:admin makes more' }),
  }),
  output: z.object({ items: z.array(todo), nextCursor: z.string().nullable() }),
  async run({ reader, identity: { tenantId, userId } }, { whose, ...filter }) {
    const everybody = selectTodoPage(tenantId, filter);
    const owned = everybody.where('owner_id', '=', userId);
    const assigned = everybody.where('assignee_id', '=', userId);
    const rows =
      whose === 'mine'
        ? // two pages, each by its index: `or` would go through those of the whole organization
          (await reader.together(owned, assigned.where('owner_id', '<>', userId)))
            .flat()
            .sort((a, b) => (a.id < b.id ? 1 : -1))
        : await reader.rows({ owned, assigned, everybody }[whose]);
    const items = rows.slice(0, filter.limit).map((row) => todo.parse(row));
    return { items, nextCursor: rows.length > filter.limit ? items.at(-1)!.id : null };
  },
});
