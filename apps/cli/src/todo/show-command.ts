import type { Command } from 'commander';
import { addCallerOptions, type CallerFlags, withCaller } from '../caller/with-caller.ts';
import type { CommandContext } from '../context.ts';
import { formatTable } from '../output/table.ts';
import { stateOf } from './print-todo.ts';

export function addShowCommand(todo: Command, context: CommandContext): void {
  const { terminal } = context;
  addCallerOptions(todo.command('show'))
    .description('show a to-do with its notes')
    .argument('<to-do>', 'its id')
    .action((todoId: string, flags: CallerFlags) =>
      withCaller(context, flags, async (client) => {
        const found = await client.todos.get({ todoId });
        if (flags.json) return terminal.print(JSON.stringify(found));
        const rows = [
          ['state', stateOf(found)],
          ['due', found.dueOn ?? 'any day'],
          ['owner', found.ownerId],
          ['assignee', found.assigneeId ?? 'nobody'],
          ['about', found.entityId === null ? 'nothing' : `${found.entityType} ${found.entityId}`],
          ['notes', found.notes],
        ];
        terminal.print(formatTable(['to-do', found.title], rows));
      }),
    );
}
