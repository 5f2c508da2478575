import type { Command } from 'commander';
import { findMember } from '../caller/find-in-organization.ts';
import { addCallerOptions, type CallerFlags, withCaller } from '../caller/with-caller.ts';
import type { CommandContext } from '../context.ts';
import { findDataset } from '../dataset/find-dataset.ts';
import { printTodo } from './print-todo.ts';

interface AddFlags extends CallerFlags {
  readonly notes?: string;
  readonly due?: string;
  readonly assignee?: string;
  readonly dataset?: string;
}

export function addAddCommand(todo: Command, context: CommandContext): void {
  addCallerOptions(todo.command('add'))
    .description('write down something to do')
    .argument('<title>', 'what')
    .option('--notes <text>', 'more about it')
    .option('--due <day>', 'until when, as 2027-01-31')
    .option('--assignee <member>', 'who is to do it: address or id (default: nobody in particular)')
    .option('--dataset <dataset>', 'what it is about: id or name')
    .action((title: string, { notes, due, assignee, dataset, ...flags }: AddFlags) =>
      withCaller(context, flags, async (client) => {
        const made = await client.todos.create({
          title,
          notes,
          dueOn: due,
          assigneeId: assignee === undefined ? undefined : (await findMember(client, assignee)).userId,
          ...(dataset !== undefined && { entityType: 'dataset', entityId: await findDataset(client, dataset) }),
        });
        printTodo(context.terminal, flags, made);
      }),
    );
}
