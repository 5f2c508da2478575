import type { Reader } from '@granary/db';
import { z } from 'zod';
import { noSuchPlugin } from '../no-such-plugin.ts';
import { findGaps } from './find-gaps.ts';
import { series } from './schema.ts';
import { type SeriesRequest, selectNames, selectSeries } from './series-query.ts';

/** The series of plugins, in the order that they were asked for. Throws DomainError not_found if any is not there. */
export async function readSeries(reader: Reader, request: SeriesRequest & { readonly gapDays?: number | undefined }) {
  const [names, rows] = await reader.together(selectNames(request.pluginIds), selectSeries(request));
  const step = rows[0]?.isThin ? 'month' : 'day';
  const found = request.pluginIds.map((id) => {
    const plugin = names.find((each) => each.id === id);
    if (!plugin) throw noSuchPlugin();
    const points = rows.filter(({ pluginId }) => pluginId === id);
    const days = points.map((point) => point.day);
    return {
      plugin,
      metrics: [...new Set(points.flatMap(({ users }) => users?.metric ?? []))],
      points,
      gaps: findGaps(days, step, step === 'day' ? request.gapDays : undefined),
    };
  });
  return { step, series: z.array(series).parse(found) } as const;
}
