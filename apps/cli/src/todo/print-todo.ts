import type { OutputOf } from '@granary/client';
import type { CallerFlags } from '../caller/with-caller.ts';
import { printable } from '../output/table.ts';
import type { Terminal } from '../output/terminal.ts';

export type Todo = OutputOf<'todos.get'>;

export const stateOf = ({ completedAt }: Todo): string => (completedAt === null ? 'open' : 'done');

/** One to-do on a line, or as JSON. */
export function printTodo(terminal: Terminal, { json }: CallerFlags, todo: Todo): void {
  terminal.print(json ? JSON.stringify(todo) : `${todo.id}  ${stateOf(todo)}  ${printable(todo.title)}`);
}
