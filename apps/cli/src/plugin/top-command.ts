import { type Command, Option } from 'commander';
import { addCallerOptions, type CallerFlags, withCaller } from '../caller/with-caller.ts';
import { sparkline } from '../chart/sparkline.ts';
import type { CommandContext } from '../context.ts';
import { parsePositive } from '../dataset/parse-positive.ts';
import { parseLimit } from '../input/parse-limit.ts';
import { formatTable } from '../output/table.ts';
import { addFilterOptions, type FilterFlags, filterOf } from './metric-option.ts';
import { count, metricName, rating, revenue, titleOf } from './print-facts.ts';

interface TopFlags extends CallerFlags, FilterFlags {
  readonly by: 'users' | 'rating' | 'revenue';
  readonly history?: number;
}

export function addTopCommand(plugin: Command, context: CommandContext): void {
  const { terminal } = context;
  addFilterOptions(addCallerOptions(plugin.command('top')), parseLimit)
    .description('the first of a marketplace or category')
    .addOption(new Option('--by <what>', 'by what').choices(['users', 'rating', 'revenue']).default('users'))
    .option('--history <months>', 'by users: also the ranks at the end of so many months', parsePositive)
    .action(({ by, history, ...flags }: TopFlags) =>
      withCaller(context, flags, async (client) => {
        const found = await client.plugins.ranking({ ...filterOf(flags), by, history });
        if (flags.json) return terminal.print(JSON.stringify(found));
        if (found.items.length === 0) return terminal.print('nothing');
        const users = found.metric === null ? 'users' : metricName(found.metric);
        const rows = found.items.map(({ rank, plugin: each, history: past }) => [
          rank,
          titleOf(each),
          `${each.marketplace}/${each.externalId}`,
          count(each.users),
          rating(each.rating),
          count(each.ratingCount),
          revenue(each.revenue),
          // a better rank is a smaller number, and a higher block
          sparkline(past.map((then) => ({ day: then.day, value: then.rank === null ? null : -then.rank }))),
        ]);
        terminal.print(formatTable(['', 'plugin', 'at', users, 'rating', 'ratings', 'revenue (estimated)', ''], rows));
      }),
    );
}
