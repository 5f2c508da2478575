/** Round numbers from 0 to `high` or a little above, about `wanted` of them: steps of 1, 2 or 5 times a power of ten. */
export function countTicks(high: number, wanted = 5): number[] {
  const rough = Math.max(high, 1) / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(1, ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power);
  const last = Math.ceil(Math.max(high, 1) / step);
  return Array.from({ length: last + 1 }, (_, n) => n * step);
}

const day = 86_400_000;

export interface TimeTick {
  readonly at: number;
  readonly label: string;
}

/** Beginnings of years, months or days between two moments, no more than about `wanted`. */
export function timeTicks(first: number, last: number, wanted = 7): TimeTick[] {
  const months = (last - first) / (30 * day);
  if (months < 2) return dayTicks(first, last, wanted);
  const step = [1, 2, 3, 6, 12, 24, 60, 120].find((each) => months / each <= wanted) ?? 240;
  const start = new Date(first);
  const ticks: TimeTick[] = [];
  const from =
    Math.ceil((start.getUTCFullYear() * 12 + start.getUTCMonth() + (start.getUTCDate() > 1 ? 1 : 0)) / step) * step;
  for (let month = from; ; month += step) {
    const at = Date.UTC(Math.floor(month / 12), month % 12, 1);
    if (at > last) return ticks;
    const iso = new Date(at).toISOString();
    ticks.push({ at, label: step >= 12 ? iso.slice(0, 4) : iso.slice(0, 7) });
  }
}

function dayTicks(first: number, last: number, wanted: number): TimeTick[] {
  const step = Math.max(1, Math.ceil((last - first) / day / wanted)) * day;
  const ticks: TimeTick[] = [];
  for (let at = Math.ceil(first / day) * day; at <= last; at += step)
    ticks.push({ at, label: new Date(at).toISOString().slice(0, 10) });
  return ticks;
}
