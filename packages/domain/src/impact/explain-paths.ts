import type { ImpactStep } from './schema.ts';

/** A thing as the walk found it: nearest first, each from one that was found before, or from where it began. */
export interface Reached {
  readonly kind: ImpactStep['kind'];
  readonly id: string;
  readonly name: string;
  readonly via: string | null;
  readonly reason: string;
  readonly port: string | null;
}

/** So many steps are spelled out in one answer: of things in a long row, all of them together would grow with its square. */
const mostSteps = 20_000;

/** The way from the start on to each thing, nearest first, as far as the steps reach. */
export function explainPaths(
  start: ImpactStep,
  reached: readonly Reached[],
  most: number = mostSteps,
): Map<string, readonly ImpactStep[]> {
  const paths = new Map<string | null, readonly ImpactStep[]>([[start.id, [start]]]);
  const found = new Map<string, readonly ImpactStep[]>();
  let left = most;
  for (const { kind, id, name, via, reason, port } of reached) {
    const path = [...(paths.get(via) ?? [start]), { kind, id, name, reason, port }];
    left -= path.length;
    if (left < 0) break;
    paths.set(id, path);
    found.set(id, path);
  }
  return found;
}
