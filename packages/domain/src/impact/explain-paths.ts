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

/** The way to each thing, from the start on. */
export function explainPaths(start: ImpactStep, reached: readonly Reached[]): Map<string, readonly ImpactStep[]> {
  const paths = new Map<string | null, readonly ImpactStep[]>([[start.id, [start]]]);
  const found = new Map<string, readonly ImpactStep[]>();
  for (const { kind, id, name, via, reason, port } of reached) {
    const path = [...(paths.get(via) ?? [start]), { kind, id, name, reason, port }];
    paths.set(id, path);
    found.set(id, path);
  }
  return found;
}
