import type { Command } from 'commander';
import { addCallerOptions, type CallerFlags, withCaller } from '../caller/with-caller.ts';
import type { CommandContext } from '../context.ts';
import { parseLimit } from '../input/parse-limit.ts';
import { formatCount, formatTable } from '../output/table.ts';
import { addFilterOptions, type FilterFlags, filterOf } from './metric-option.ts';
import { count, metricName, rating, revenue, titleOf } from './print-facts.ts';

/** Marketplaces as a whole, and what a bubble chart of one shows. */
export function addMarketCommands(plugin: Command, context: CommandContext): void {
  const { terminal } = context;

  addCallerOptions(plugin.command('stats'))
    .description('totals and medians of each marketplace: a line for each way of counting users')
    .argument('[marketplace]', 'of this one alone')
    .action((marketplace: string | undefined, flags: CallerFlags) =>
      withCaller(context, flags, async (client) => {
        const found = await client.marketplaces.stats({ marketplace });
        if (flags.json) return terminal.print(JSON.stringify(found));
        const rows = found.flatMap((each) => {
          const common = [
            formatCount(each.plugins.available),
            formatCount(each.companies),
            number(each.medianRating),
            number(each.ratingsPerThousandUsers),
          ];
          const users = each.users.map(({ metric, total, bound, median }) => [
            `${formatCount(total)}${bound === 'at_least' ? '+' : ''} ${metricName(metric)}`,
            formatCount(Math.round(median)),
          ]);
          return (users.length > 0 ? users : [['', '']]).map((cells) => [each.marketplace, ...common, ...cells]);
        });
        const head = ['marketplace', 'plugins', 'companies', 'median rating', 'ratings per 1,000', 'users', 'median'];
        terminal.print(rows.length === 0 ? 'nothing' : formatTable(head, rows));
      }),
    );

  addFilterOptions(addCallerOptions(plugin.command('bubble')), parseLimit)
    .description(
      'users, rating and estimated revenue of those that earn most, and revenue per user: a bubble chart’s data',
    )
    .action((flags: CallerFlags & FilterFlags) =>
      withCaller(context, flags, async (client) => {
        const found = await client.plugins.bubble(filterOf(flags));
        if (flags.json) return terminal.print(JSON.stringify(found));
        const users = found.metric === null ? 'users' : metricName(found.metric);
        const rows = found.points.map(({ plugin: { name, marketplace, externalId }, ...point }) => [
          titleOf({ name, externalId }),
          `${marketplace}/${externalId}`,
          count(point.users),
          rating(point.rating),
          revenue(point.revenue),
          `$${(point.arpuCents / 100).toFixed(2)}`,
        ]);
        const head = ['plugin', 'at', users, 'rating', 'revenue (estimated)', 'per user'];
        terminal.print(rows.length === 0 ? 'nothing' : formatTable(head, rows));
      }),
    );
}

const number = (value: number | null): string => (value === null ? '' : value.toFixed(2));
