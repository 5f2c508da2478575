import type { Command } from 'commander';
import { addCallerOptions, type CallerFlags, withCaller } from '../caller/with-caller.ts';
import { sparkline } from '../chart/sparkline.ts';
import type { CommandContext } from '../context.ts';
import { UsageFailure } from '../output/failure.ts';
import { formatTable } from '../output/table.ts';
import { findPlugin } from './find-plugin.ts';
import { count, metricName, share, titleOf } from './print-facts.ts';
import { addSeriesOptions, quantityOf, type Series, type SeriesFlags, writeChart } from './series-output.ts';

interface CompareFlags extends CallerFlags, SeriesFlags {
  readonly acrossMetrics?: true;
}

export function addCompareCommand(plugin: Command, context: CommandContext): void {
  const { terminal } = context;
  addSeriesOptions(addCallerOptions(plugin.command('compare')))
    .description('several plugins over the same time, on one chart with --svg')
    .argument('<plugins...>', 'ids, marketplace/id, or words')
    .option('--across-metrics', 'also where their users are counted in different ways')
    .action((wanted: string[], flags: CompareFlags) => {
      if (wanted.length < 2) throw new UsageFailure('name two plugins or more');
      return withCaller(context, flags, async (client) => {
        const pluginIds: string[] = [];
        for (const each of wanted) pluginIds.push(await findPlugin(client, each));
        const { from, to, thin, acrossMetrics, svg } = flags;
        const compared = await client.plugins.compare({ pluginIds, from, to, thin, acrossMetrics });
        if (svg !== undefined) await writeChart(context, compared.series, { ...flags, svg });
        if (flags.json) return terminal.print(JSON.stringify(compared));
        const rows = compared.series.map((series) => lineOf(series, flags));
        terminal.print(formatTable(['plugin', 'at', '', 'first', 'last', 'growth', ''], rows));
      });
    });
}

function lineOf({ plugin, points, metrics }: Series, flags: SeriesFlags): string[] {
  const known = points.flatMap((point) => {
    const quantity = quantityOf(point, flags);
    return quantity ? [{ day: point.day, ...quantity }] : [];
  });
  const [first, last] = [known[0], known.at(-1)];
  const growth = first && last && first.value > 0 ? last.value / first.value - 1 : null;
  return [
    titleOf(plugin),
    plugin.marketplace,
    flags.ratings ? 'ratings' : metrics.map(metricName).join(', '),
    first ? `${count(first)} (${first.day})` : '',
    last ? `${count(last)} (${last.day})` : '',
    share(growth),
    sparkline(known, 30),
  ];
}
