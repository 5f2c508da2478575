const longest = 3_600_000;

/**
 * Milliseconds until the next attempt after so many that failed: twice as long each time, up to an hour, with a jitter of
 * half of it, so that what failed together does not come back together.
 */
export function backOff(failures: number, first: number, random: () => number = Math.random): number {
  const most = Math.min(first * 2 ** Math.max(0, failures - 1), longest);
  return Math.round(most * (0.5 + random() / 2));
}
