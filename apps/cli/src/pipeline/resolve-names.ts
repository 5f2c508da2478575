import type { GranaryClient } from '@granary/client';
import { findBlock } from '../block/find-block.ts';
import { findDataset } from '../dataset/find-dataset.ts';
import { findEdge } from '../edge/find-edge.ts';

type Said = Readonly<Record<string, unknown>>;
const isSaid = (value: unknown): value is Said => typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Steps in which things have names, `edge`, `dataset` and `block`, as the API takes them: with ids. What else they hold is
 * left as it is. Throws CommandFailure for a name that nothing has.
 */
export async function resolveNames(client: GranaryClient, steps: unknown): Promise<unknown> {
  if (!Array.isArray(steps)) return steps;
  const resolved: unknown[] = [];
  for (const step of steps) resolved.push(isSaid(step) ? await resolveStep(client, step) : step);
  return resolved;
}

async function resolveStep(client: GranaryClient, { edge, inputs, output, ...step }: Said): Promise<Said> {
  const ends: [string, unknown][] = [];
  for (const [port, end] of Object.entries(isSaid(inputs) ? inputs : {}))
    ends.push([port, await resolveEnd(client, end)]);
  return {
    ...step,
    ...(typeof edge === 'string' && { edgeId: (await findEdge(client, edge)).id }),
    ...(inputs !== undefined && { inputs: isSaid(inputs) ? Object.fromEntries(ends) : inputs }),
    ...(output !== undefined && { output: await resolveEnd(client, output) }),
  };
}

async function resolveEnd(client: GranaryClient, end: unknown): Promise<unknown> {
  if (!isSaid(end)) return end;
  const { dataset, block, ...rest } = end;
  return {
    ...rest,
    ...(typeof dataset === 'string' && { datasetId: await findDataset(client, dataset) }),
    ...(typeof block === 'string' && { blockId: (await findBlock(client, block)).id }),
  };
}
