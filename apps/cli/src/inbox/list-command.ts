import type { Command } from 'commander';
import { addCallerOptions, type CallerFlags, withCaller } from '../caller/with-caller.ts';
import type { CommandContext } from '../context.ts';
import { parseLimit } from '../input/parse-limit.ts';
import { formatTable } from '../output/table.ts';

interface ListFlags extends CallerFlags {
  readonly unread?: true;
  readonly limit: number;
}

export function addListCommand(inbox: Command, context: CommandContext): void {
  const { terminal } = context;
  addCallerOptions(inbox.command('list'))
    .description('list what one was told, newest first')
    .option('--unread', 'only what one has not read')
    .option('--limit <number>', 'how many at most', parseLimit, 50)
    .action(({ unread, limit, ...flags }: ListFlags) =>
      withCaller(context, flags, async (client) => {
        const { items, nextCursor } = await client.notifications.list({ unread: unread ?? false, limit });
        if (nextCursor !== null) terminal.note(`There are more than ${limit}: see --limit.`);
        if (flags.json) return terminal.print(JSON.stringify(items));
        if (items.length === 0) return terminal.print('nothing');
        const rows = items.map((each) => [
          each.id,
          each.createdAt,
          each.readAt === null ? 'unread' : 'read',
          each.title,
        ]);
        terminal.print(formatTable(['id', 'at', '', 'what'], rows));
      }),
    );
}
