export interface Measured {
  /** Median of the paired ratios. */
  readonly ratio: number;
  /** Smallest and largest of them. */
  readonly spread: readonly [number, number];
}

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
};

const round = (value: number): number => Number(value.toPrecision(3));

/** Ratios of pairs that ran one after the other, so that a noisy machine is noisy for both. */
export function paired(ours: readonly number[], theirs: readonly number[]): Measured {
  const ratios = ours.map((value, index) => value / (theirs[index] ?? Number.NaN));
  return { ratio: round(median(ratios)), spread: [round(Math.min(...ratios)), round(Math.max(...ratios))] };
}

const connections = 8;

/**
 * Requests per second of each method with 8 in flight, in turns, `rounds` times after one that warms up.
 * Methods come as makers of a request, so that each request can differ from the last.
 */
export async function throughput<Name extends string>(
  methods: Readonly<Record<Name, () => Promise<unknown>>>,
  { rounds = 9, milliseconds = 700 } = {},
): Promise<Record<Name, number[]>> {
  const names = Object.keys(methods) as Name[];
  const rates = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let turn = 0; turn <= rounds; turn += 1) {
    for (const name of names) {
      let count = 0;
      const started = performance.now();
      const until = started + milliseconds;
      const work = async () => {
        while (performance.now() < until) {
          await methods[name]();
          count += 1;
        }
      };
      await Promise.all(Array.from({ length: connections }, work));
      const seconds = (performance.now() - started) / 1000;
      if (turn > 0) rates[name].push(count / seconds);
    }
    process.stderr.write('.');
  }
  process.stderr.write('\n');
  return rates;
}

/** Seconds that `work` takes. */
export async function seconds(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}
