const bars = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

export interface Observation {
  readonly day: string;
  readonly value: number | null;
}

/** The median of the distances in time; of a single one nobody asks. */
function usualDistance(points: readonly { readonly at: number }[]): number {
  const distances = points.slice(1).map(({ at }, n) => at - points[n]!.at);
  return distances.toSorted((a, b) => a - b)[Math.floor((distances.length - 1) / 2)] || 1;
}

/**
 * A series as a line of up to `width` blocks of equal time, each as high as the last value in it; a blank where there is none. The
 * lowest value is the lowest block, so it shows the shape and not the size.
 */
export function sparkline(observations: readonly Observation[], width = 40): string {
  const points = observations.flatMap(({ day, value }) => (value === null ? [] : [{ at: Date.parse(day), value }]));
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last) return '';
  const values = points.map(({ value }) => value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const span = last.at - first.at;
  const cells = Array<string>(Math.min(width, Math.round(span / usualDistance(points)) + 1)).fill(' ');
  for (const { at, value } of points) {
    const place = span === 0 ? 0 : Math.floor(((at - first.at) / span) * (cells.length - 1));
    const height = high === low ? 3 : Math.round(((value - low) / (high - low)) * (bars.length - 1));
    cells[place] = bars[height] ?? ' ';
  }
  return cells.join('');
}
