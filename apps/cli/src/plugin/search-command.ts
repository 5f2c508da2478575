import type { Command } from 'commander';
import { addCallerOptions, type CallerFlags, withCaller } from '../caller/with-caller.ts';
import type { CommandContext } from '../context.ts';
import { parseLimit } from '../input/parse-limit.ts';
import { formatTable } from '../output/table.ts';
import { count, metricName, titleOf } from './print-facts.ts';

interface SearchFlags extends CallerFlags {
  readonly marketplace?: string;
  readonly limit: number;
}

export function addSearchCommand(plugin: Command, context: CommandContext): void {
  const { terminal } = context;
  addCallerOptions(plugin.command('search'))
    .description('find plugins by words')
    .argument('<words...>', 'of the name, summary, developer, tags or description')
    .option('--marketplace <name>', 'only of this marketplace')
    .option('--limit <number>', 'how many at most', parseLimit, 20)
    .action((words: string[], { marketplace, limit, ...flags }: SearchFlags) =>
      withCaller(context, flags, async (client) => {
        const { items } = await client.plugins.search({ q: words.join(' '), marketplace, limit });
        if (flags.json) return terminal.print(JSON.stringify(items));
        if (items.length === 0) return terminal.print('nothing');
        const rows = items.map((each) => [
          titleOf(each),
          `${each.marketplace}/${each.externalId}`,
          each.users === null ? '' : `${count(each.users)} ${metricName(each.users.metric)}`,
          each.company?.name ?? '',
          each.state === 'available' ? '' : each.state,
        ]);
        terminal.print(formatTable(['plugin', 'at', 'users', 'company', ''], rows));
      }),
    );
}
