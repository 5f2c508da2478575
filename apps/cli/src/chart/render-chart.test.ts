import fc from 'fast-check';
import { SaxesParser } from 'saxes';
import { expect, test } from 'vitest';
import { renderChart } from './render-chart.ts';
import { countTicks, timeTicks } from './ticks.ts';

function elementsOf(svg: string): { name: string; attributes: Record<string, string> }[] {
  const found: { name: string; attributes: Record<string, string> }[] = [];
  const parser = new SaxesParser();
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ name, attributes }) => found.push({ name, attributes: { ...attributes } }));
  parser.write(svg).close();
  return found;
}
const point = (day: string, value: number | null, isBound = false) => ({ day, value, isBound });

test('a gap breaks the line, a bound is a hollow mark, and every series is in the legend', () => {
  const svg = renderChart({
    title: 'Users',
    unit: 'installs',
    series: [
      {
        label: 'One',
        points: [point('2026-01-01', 1), point('2026-01-02', 2), point('2026-03-01', 3, true)],
        gaps: [{ after: '2026-01-02', before: '2026-03-01' }],
      },
      { label: 'Two', points: [point('2026-02-01', 5)], gaps: [] },
    ],
  });
  const elements = elementsOf(svg);
  const paths = elements.filter(({ name }) => name === 'path').map(({ attributes }) => attributes.d ?? '');
  expect(paths.filter((d) => (d.match(/M/g) ?? []).length === 2)).toHaveLength(1); // broken once
  expect(elements.filter(({ attributes }) => attributes['stroke-dasharray'])).toHaveLength(1);
  expect(elements.filter(({ name, attributes }) => name === 'circle' && attributes.fill === '#ffffff')).toHaveLength(1);
  expect(svg).toContain('2026-03-01: at least 3');
  for (const label of ['One', 'Two', 'installs']) expect(svg).toContain(`>${label}</text>`);
});

test('is well-formed whatever plugins are called and whatever is known of them, and draws inside its frame', () => {
  const day = fc.integer({ min: 0, max: 20_000 }).map((n) => new Date(n * 86_400_000).toISOString().slice(0, 10));
  const value = fc.option(fc.integer({ min: 0, max: 2 ** 53 - 1 }));
  const series = fc.record({
    label: fc.string({ unit: 'binary' }),
    points: fc.array(fc.record({ day, value, isBound: fc.boolean() })),
    gaps: fc.array(fc.record({ after: day, before: day })),
  });
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.array(series, { maxLength: 9 }), (title, all) => {
      const svg = renderChart({ title, unit: 'users', series: all });
      for (const { name, attributes } of elementsOf(svg))
        if (name === 'circle') {
          expect(Number(attributes.cx)).toBeGreaterThanOrEqual(0);
          expect(Number(attributes.cx)).toBeLessThanOrEqual(880);
          expect(Number(attributes.cy)).toBeGreaterThanOrEqual(0);
          expect(Number(attributes.cy)).toBeLessThanOrEqual(440);
        }
      expect(svg).not.toContain('NaN');
    }),
  );
});

test('ticks are round, ordered, and reach the highest count', () => {
  expect(countTicks(103_974)).toEqual([0, 50_000, 100_000, 150_000]);
  expect(countTicks(0)).toEqual([0, 1]);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 53 - 1 }), (high) => {
      const ticks = countTicks(high);
      expect(ticks.at(-1)).toBeGreaterThanOrEqual(high);
      expect(ticks.length).toBeLessThanOrEqual(8);
    }),
  );
});

test('time has years, months or days', () => {
  const labels = (first: string, last: string) =>
    timeTicks(Date.parse(first), Date.parse(last)).map(({ label }) => label);
  expect(labels('2020-06-01', '2026-01-01')).toEqual(['2021', '2022', '2023', '2024', '2025', '2026']);
  expect(labels('2025-11-15', '2026-02-20')).toEqual(['2025-12', '2026-01', '2026-02']);
  expect(labels('2026-01-01', '2026-01-04')).toEqual(['2026-01-01', '2026-01-02', '2026-01-03', '2026-01-04']);
});
