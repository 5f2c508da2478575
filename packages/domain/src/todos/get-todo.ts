import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { noSuchTodo } from './no-such-todo.ts';
import { todo } from './schema.ts';
import { selectTodos } from './todo-query.ts';

export const getTodo = defineQuery({
  name: 'todos.get',
  summary: 'Get one to-do',
  access: 'todo:read',
  rest: { method: 'GET', path: '/v1/todos/{todoId}' },
  input: z.object({ todoId: z.uuid() }),
  output: todo,
  async run({ reader, identity: { tenantId } }, { todoId }) {
    const [found] = await reader.rows(selectTodos(tenantId).where('id', '=', todoId));
    if (!found) throw noSuchTodo();
    return todo.parse(found);
  },
});
