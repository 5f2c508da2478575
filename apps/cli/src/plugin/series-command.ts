import type { Command } from 'commander';
import { addCallerOptions, type CallerFlags, withCaller } from '../caller/with-caller.ts';
import { sparkline } from '../chart/sparkline.ts';
import type { CommandContext } from '../context.ts';
import { formatTable, printable } from '../output/table.ts';
import { findPlugin } from './find-plugin.ts';
import { count, metricName, rating, titleOf } from './print-facts.ts';
import { addSeriesOptions, quantityOf, type SeriesFlags, writeChart } from './series-output.ts';

export function addSeriesCommand(plugin: Command, context: CommandContext): void {
  const { terminal } = context;
  addSeriesOptions(addCallerOptions(plugin.command('series')))
    .description('a plugin’s users and ratings over time')
    .argument('<plugin>', 'its id, marketplace/id, or words that it alone is called by')
    .action((wanted: string, flags: CallerFlags & SeriesFlags) =>
      withCaller(context, flags, async (client) => {
        const { from, to, thin, svg } = flags;
        const series = await client.plugins.series({ pluginId: await findPlugin(client, wanted), from, to, thin });
        if (svg !== undefined) await writeChart(context, [series], { ...flags, svg });
        if (flags.json) return terminal.print(JSON.stringify(series));
        const { plugin: named, points, gaps, step } = series;
        if (points.length === 0) return terminal.print('nothing');
        const observed = points.map((point) => ({ day: point.day, value: quantityOf(point, flags)?.value ?? null }));
        terminal.print(`${printable(titleOf(named))}  ${sparkline(observed)}`);
        const rows = points.map((point) => [
          point.day,
          count(point.users),
          metricName(point.users?.metric ?? ''),
          rating(point.rating),
          count(point.ratingCount),
          point.state === 'available' ? '' : point.state,
        ]);
        terminal.print(formatTable(['day', 'users', '', 'rating', 'ratings', ''], rows));
        for (const gap of gaps) terminal.note(`Nothing is known between ${gap.after} and ${gap.before}.`);
        if (step === 'month') terminal.note('The last observation of each month: see --thin none.');
      }),
    );
}
