import type { Command } from 'commander';
import { addCallerOptions, type CallerFlags, withCaller } from '../caller/with-caller.ts';
import type { CommandContext } from '../context.ts';
import { parseLimit } from '../input/parse-limit.ts';
import { formatCount, formatTable } from '../output/table.ts';
import { addFilterOptions, type FilterFlags, filterOf } from './metric-option.ts';
import { count, metricName, share, titleOf } from './print-facts.ts';

interface MoversFlags extends CallerFlags, FilterFlags {
  readonly from?: string;
  readonly to?: string;
  readonly relative?: true;
  readonly down?: true;
  readonly minUsers?: string;
}

export function addMoversCommand(plugin: Command, context: CommandContext): void {
  const { terminal } = context;
  addFilterOptions(addCallerOptions(plugin.command('movers')), parseLimit)
    .description('which plugins gained the most users between two days')
    .option('--from <day>', 'the first day (default: 30 days before the last)')
    .option('--to <day>', 'the last day (default: today)')
    .option('--relative', 'by the share that they gained instead of the number')
    .option('--down', 'which lost the most instead')
    .option('--min-users <number>', 'of those that had as many at the beginning (default: 100)')
    .action(({ from, to, relative, down, minUsers, ...flags }: MoversFlags) =>
      withCaller(context, flags, async (client) => {
        const moved = await client.plugins.movers({
          ...filterOf(flags),
          from,
          to,
          by: relative ? 'relative' : 'absolute',
          direction: down ? 'down' : 'up',
          ...(minUsers !== undefined && { minUsers: Number(minUsers) }),
        });
        if (flags.json) return terminal.print(JSON.stringify(moved));
        if (moved.items.length === 0) return terminal.print('nothing');
        const rows = moved.items.map((each) => [
          titleOf(each.plugin),
          `${each.plugin.marketplace}/${each.plugin.externalId}`,
          `${count(each.from)} (${each.from.day})`,
          `${count(each.to)} (${each.to.day})`,
          `${each.gained > 0 ? '+' : ''}${formatCount(each.gained)}`,
          share(each.growth),
          each.isExact ? '' : 'of bounds',
        ]);
        const users = moved.metric === null ? 'users' : metricName(moved.metric);
        terminal.print(formatTable(['plugin', 'at', `${users} before`, 'after', 'gained', 'growth', ''], rows));
      }),
    );
}
