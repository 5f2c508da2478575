import { formatBar, formatBytes } from '../output/measures.ts';
import { formatCount } from '../output/table.ts';
import type { LoadProgress } from './load-sample.ts';

const barWidth = 16; // with a file's name before it the line is to fit into 80 columns, or nearly

/** One line about an upload or a load under way. */
export function describeProgress(progress: LoadProgress): string {
  if (progress.phase === 'sending') {
    const { bytesSent, bytesTotal } = progress;
    return `${formatBar(bytesSent, bytesTotal, barWidth)}  sending ${formatBytes(bytesSent)}`;
  }
  const { bytesDone, bytesTotal, phase, rowsDone, rowsPerSecond } = progress.load;
  const rows = rowsDone > 0 ? `  ${formatCount(rowsDone)} rows` : '';
  const rate = rowsPerSecond ? `  ${formatCount(Math.round(rowsPerSecond))} rows/s` : '';
  return `${formatBar(bytesDone, bytesTotal, barWidth)}  ${phase}${rows}${rate}`;
}

/** `text 4, double precision 2`: how many columns there are of each type, the most first. */
export function summarizeTypes(columns: readonly { readonly type: string }[]): string {
  return [...Map.groupBy(columns, ({ type }) => type)]
    .sort(([, one], [, other]) => other.length - one.length)
    .map(([type, { length }]) => `${type} ${length}`)
    .join(', ');
}
