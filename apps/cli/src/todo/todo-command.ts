import type { Command } from 'commander';
import { addCallerOptions, type CallerFlags, withCaller } from '../caller/with-caller.ts';
import type { CommandContext } from '../context.ts';
import { addAddCommand } from './add-command.ts';
import { addListCommand } from './list-command.ts';
import { printTodo } from './print-todo.ts';
import { addShowCommand } from './show-command.ts';

/** What the caller has to do, through the API. */
export function addTodoCommand(todo: Command, context: CommandContext): void {
  addListCommand(todo, context);
  addAddCommand(todo, context);
  addShowCommand(todo, context);

  addCallerOptions(todo.command('done'))
    .description('note that something is done')
    .argument('<to-do>', 'its id')
    .action((todoId: string, flags: CallerFlags) =>
      withCaller(context, flags, async (client) =>
        printTodo(context.terminal, flags, await client.todos.complete({ todoId })),
      ),
    );

  addCallerOptions(todo.command('reopen'))
    .description('take back that something is done')
    .argument('<to-do>', 'its id')
    .action((todoId: string, flags: CallerFlags) =>
      withCaller(context, flags, async (client) =>
        printTodo(context.terminal, flags, await client.todos.reopen({ todoId })),
      ),
    );
}
