import { writeFile } from 'node:fs/promises';
import type { OutputOf } from '@granary/client';
import { type Command, Option } from 'commander';
import { renderChart } from '../chart/render-chart.ts';
import type { CommandContext } from '../context.ts';
import { shownPath } from '../files/shown-path.ts';
import { CommandFailure } from '../output/failure.ts';
import { metricName, titleOf } from './print-facts.ts';

export type Series = OutputOf<'plugins.compare'>['series'][number];

export interface SeriesFlags {
  readonly from?: string;
  readonly to?: string;
  readonly thin?: 'auto' | 'none' | 'month';
  readonly ratings?: true;
  readonly svg?: string;
}

export const addSeriesOptions = (command: Command): Command =>
  command
    .option('--from <day>', 'from this day on, as 2026-01-31')
    .option('--to <day>', 'until this day')
    .addOption(
      new Option('--thin <how>', 'month: the last observation of each month; auto: where it is over three months')
        .choices(['auto', 'none', 'month'])
        .default('auto'),
    )
    .option('--ratings', 'how many ratings, instead of users')
    .option('--svg <file>', 'write a chart, as an SVG file');

/** What is drawn of an observation. */
export const quantityOf = (point: Series['points'][number], { ratings }: SeriesFlags) =>
  ratings ? point.ratingCount : point.users;

export async function writeChart(
  { terminal }: CommandContext,
  series: readonly Series[],
  flags: SeriesFlags & { readonly svg: string },
): Promise<void> {
  const metrics = [...new Set(series.flatMap((each) => each.metrics))].map(metricName);
  const svg = renderChart({
    title: series
      .map(({ plugin }) => titleOf(plugin))
      .join(', ')
      .slice(0, 90),
    unit: flags.ratings ? 'ratings' : metrics.join(' / ') || 'users',
    series: series.map(({ plugin, points, gaps }) => ({
      label: `${titleOf(plugin)} (${plugin.marketplace})`,
      points: points.map((point) => {
        const quantity = quantityOf(point, flags);
        return { day: point.day, value: quantity?.value ?? null, isBound: quantity?.bound === 'at_least' };
      }),
      gaps,
    })),
  });
  await writeFile(flags.svg, svg).catch((cause: unknown) => {
    throw new CommandFailure(`the chart cannot be written: ${cause instanceof Error ? cause.message : cause}`);
  });
  terminal.note(`The chart is in ${shownPath(flags.svg)}`);
}
