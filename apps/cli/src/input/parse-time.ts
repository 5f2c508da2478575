import { UsageFailure } from '../output/failure.ts';

/** A time that somebody typed, as ISO 8601. */
export function parseTime(text: string): string {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) throw new UsageFailure(`${JSON.stringify(text)} is no time: write 2027-01-31`);
  return time.toISOString();
}
