const dayMilliseconds = 86_400_000;

export interface Gap {
  /** The last day before it, and the first after, of which something is known. */
  readonly after: string;
  readonly before: string;
  /** Days or months between them without an observation. */
  readonly missing: number;
}

export type Step = 'day' | 'month';

/** Whole days, or months, from the epoch. */
const ordinal = (day: string, step: Step): number =>
  step === 'day'
    ? Date.parse(`${day}T00:00:00Z`) / dayMilliseconds
    : Number(day.slice(0, 4)) * 12 + Number(day.slice(5, 7)) - 1;

const median = (sorted: readonly number[]): number => sorted[Math.floor((sorted.length - 1) / 2)] ?? 1;

/**
 * Where a series has a hole. What is looked at weekly has none between two weeks: a hole is more than `longest` steps, three
 * times the usual distance of its observations if nothing is said. `days`: in their order, each once.
 */
export function findGaps(days: readonly string[], step: Step, longest?: number): Gap[] {
  const places = days.map((day) => ordinal(day, step));
  const distances = places.slice(1).map((place, n) => place - places[n]!);
  const most = longest ?? Math.max(1, step === 'day' ? 3 * median(distances.toSorted((a, b) => a - b)) : 1);
  return distances.flatMap((distance, n) =>
    distance > most ? [{ after: days[n]!, before: days[n + 1]!, missing: distance - 1 }] : [],
  );
}
