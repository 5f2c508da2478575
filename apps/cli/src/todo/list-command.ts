import type { Command } from 'commander';
import { addCallerOptions, type CallerFlags, withCaller } from '../caller/with-caller.ts';
import type { CommandContext } from '../context.ts';
import { findDataset } from '../dataset/find-dataset.ts';
import { parseLimit } from '../input/parse-limit.ts';
import { UsageFailure } from '../output/failure.ts';
import { formatTable } from '../output/table.ts';
import { stateOf } from './print-todo.ts';

interface ListFlags extends CallerFlags {
  readonly done?: true;
  readonly all?: true;
  readonly owned?: true;
  readonly assigned?: true;
  readonly everybody?: true;
  readonly dueBefore?: string;
  readonly dataset?: string;
  readonly limit: number;
}

export function addListCommand(todo: Command, context: CommandContext): void {
  const { terminal } = context;
  addCallerOptions(todo.command('list'))
    .description('list what is to do, newest first')
    .option('--done', 'what is done instead')
    .option('--all', 'what is done as well')
    .option('--owned', 'only what one wrote')
    .option('--assigned', 'only what one is assigned')
    .option('--everybody', 'what others wrote as well, with the permission todo:admin')
    .option('--due-before <day>', 'only what is due before, as 2027-01-31')
    .option('--dataset <dataset>', 'only what is about this one: id or name')
    .option('--limit <number>', 'how many at most', parseLimit, 50)
    .action(({ done, all, owned, assigned, everybody, dueBefore, dataset, limit, ...flags }: ListFlags) => {
      if (done && all) throw new UsageFailure('--done or --all, not both');
      if ([owned, assigned, everybody].filter(Boolean).length > 1)
        throw new UsageFailure('one of --owned, --assigned and --everybody');
      return withCaller(context, flags, async (client) => {
        const { items, nextCursor } = await client.todos.list({
          state: done ? 'completed' : all ? 'all' : 'open',
          whose: owned ? 'owned' : assigned ? 'assigned' : everybody ? 'everybody' : 'mine',
          dueBefore,
          ...(dataset !== undefined && { entityType: 'dataset', entityId: await findDataset(client, dataset) }),
          limit,
        });
        if (nextCursor !== null) terminal.note(`There are more than ${limit}: see --limit.`);
        if (flags.json) return terminal.print(JSON.stringify(items));
        if (items.length === 0) return terminal.print('nothing');
        const rows = items.map((each) => [each.id, stateOf(each), each.dueOn ?? '', each.title]);
        terminal.print(formatTable(['id', 'state', 'due', 'to-do'], rows));
      });
    });
}
