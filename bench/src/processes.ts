import { readdirSync, readFileSync } from 'node:fs';

/** Resident bytes of a process and everything it started, now; Linux only. */
function residentBytes(pid: number): number {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc').filter((each) => /^\d+$/.test(each))) {
    const stat = tryRead(`/proc/${name}/stat`);
    const parent = /\) \S (\d+)/.exec(stat)?.[1];
    if (parent !== undefined) parents.set(Number(name), Number(parent));
  }
  const belongs = (each: number | undefined): boolean =>
    each === pid || (each !== undefined && each > 1 && belongs(parents.get(each)));
  let total = 0;
  for (const each of parents.keys()) {
    if (belongs(each)) total += Number(/VmRSS:\s+(\d+)/.exec(tryRead(`/proc/${each}/status`))?.[1] ?? 0) * 1024;
  }
  return total;
}

function tryRead(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // it ended meanwhile
  }
}

/** Samples a process tree every 50 ms until `stop`, which gives the peak of the sum of its resident bytes. */
export function watchMemory(pid: number): { stop(): number } {
  let peak = 0;
  const timer = setInterval(() => {
    peak = Math.max(peak, residentBytes(pid));
  }, 50);
  return {
    stop() {
      clearInterval(timer);
      return peak;
    },
  };
}
