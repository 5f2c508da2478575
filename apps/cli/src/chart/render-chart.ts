import { countTicks, timeTicks } from './ticks.ts';

export interface ChartSeries {
  readonly label: string;
  readonly points: readonly { readonly day: string; readonly value: number | null; readonly isBound: boolean }[];
  /** Between which days nothing is known: the line is broken there. */
  readonly gaps: readonly { readonly after: string; readonly before: string }[];
}

export interface Chart {
  readonly title: string;
  /** What is counted. */
  readonly unit: string;
  readonly series: readonly ChartSeries[];
}

const [width, height] = [880, 440];
const plot = { left: 76, right: 24, top: 44, bottom: 60 };
/** Okabe and Ito's, which people with any colour vision tell apart. */
const colours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#56b4e9', '#e69f00', '#000000', '#7f7f7f'] as const;

const escapeXml = (text: string): string =>
  text
    .replace(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: XML has no way to say them
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
    .toWellFormed();
const number = (value: number): string => String(Math.round(value * 100) / 100);
const short = (count: number): string =>
  Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 2 }).format(count);

/**
 * A line chart as an SVG document: time to the right, counts from zero up. A gap breaks the line and is dashed; a value that is
 * only a bound is a hollow mark.
 */
export function renderChart({ title, unit, series }: Chart): string {
  const known = series.flatMap(({ points }) => points.filter(({ value }) => value !== null));
  const times = known.map(({ day }) => Date.parse(day));
  const [first, last] = times.length > 0 ? [Math.min(...times), Math.max(...times)] : [0, 86_400_000];
  const ticks = countTicks(Math.max(0, ...known.map(({ value }) => value ?? 0)));
  const top = ticks.at(-1) ?? 1;
  const span = Math.max(last - first, 1);
  const legendLines = Math.ceil(series.length / 3);
  const floor = height - plot.bottom - (legendLines - 1) * 18;
  const x = (at: number) => plot.left + ((at - first) / span) * (width - plot.left - plot.right);
  const y = (value: number) => floor - (value / top) * (floor - plot.top);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" font-family="system-ui, sans-serif" font-size="12">`,
    `<title>${escapeXml(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    `<text x="${plot.left}" y="24" font-size="16" font-weight="600" fill="#1a1a1a">${escapeXml(title)}</text>`,
    `<g stroke="#d9d9d9" fill="#595959">`,
    ...ticks.map(
      (tick) =>
        `<path d="M${plot.left} ${number(y(tick))}H${width - plot.right}"/><text stroke="none" x="${plot.left - 8}" y="${number(y(tick) + 4)}" text-anchor="end">${short(tick)}</text>`,
    ),
    ...timeTicks(first, last).map(
      ({ at, label }) =>
        `<path d="M${number(x(at))} ${floor}v5"/><text stroke="none" x="${number(x(at))}" y="${floor + 20}" text-anchor="middle">${label}</text>`,
    ),
    `<text stroke="none" transform="translate(16 ${number((plot.top + floor) / 2)}) rotate(-90)" text-anchor="middle">${escapeXml(unit)}</text>`,
    `</g>`,
    ...series.map((each, n) => drawSeries(each, colours[n % colours.length] ?? '#000000', x, y)),
    ...(known.length === 0
      ? [`<text x="${width / 2}" y="${height / 2}" text-anchor="middle" fill="#595959">nothing is known</text>`]
      : []),
    ...series.map(({ label }, n) => drawLegend(label, n, floor)),
    `</svg>`,
    '',
  ].join('\n');
}

type Scale = (value: number) => number;

function drawSeries({ label, points, gaps }: ChartSeries, colour: string, x: Scale, y: Scale): string {
  const known = points.flatMap(({ day, value, isBound }) =>
    value === null ? [] : [{ day, isBound, at: `${number(x(Date.parse(day)))} ${number(y(value))}`, value }],
  );
  const isAfterGap = (day: string, before: string | undefined) =>
    before !== undefined && gaps.some((gap) => gap.after >= before && gap.before <= day);
  const line = known.map(({ day, at }, n) => `${n === 0 || isAfterGap(day, known[n - 1]?.day) ? 'M' : 'L'}${at}`);
  const bridges = known.flatMap(({ day, at }, n) =>
    isAfterGap(day, known[n - 1]?.day) ? [`M${known[n - 1]?.at}L${at}`] : [],
  );
  const marks = known
    .filter(({ isBound }, n) => isBound || known.length <= 60 || n === known.length - 1)
    .map(({ day, at, isBound, value }) => {
      const [cx, cy] = at.split(' ');
      const fill = isBound ? '#ffffff' : colour;
      return `<circle cx="${cx}" cy="${cy}" r="3" fill="${fill}"><title>${day}: ${isBound ? 'at least ' : ''}${value.toLocaleString('en-US')}</title></circle>`;
    });
  return [
    `<g stroke="${colour}" stroke-width="2" fill="none" stroke-linejoin="round" aria-label="${escapeXml(label)}">`,
    ...(line.length > 0 ? [`<path d="${line.join('')}"/>`] : []),
    ...(bridges.length > 0 ? [`<path d="${bridges.join('')}" stroke-dasharray="2 5" stroke-width="1"/>`] : []),
    ...marks,
    `</g>`,
  ].join('\n');
}

const longestLabel = 36;

function drawLegend(label: string, n: number, floor: number): string {
  const left = plot.left + (n % 3) * 264;
  const line = floor + 44 + Math.floor(n / 3) * 18;
  const text = label.length > longestLabel ? `${label.slice(0, longestLabel - 1)}…` : label;
  return `<path d="M${left} ${line - 4}h20" stroke="${colours[n % colours.length]}" stroke-width="2"/><text x="${left + 26}" y="${line}" fill="#1a1a1a">${escapeXml(text)}</text>`;
}
