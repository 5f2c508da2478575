import { contentDigest, port } from '@granary/domain';
import type pg from 'pg';
import { z } from 'zod';
import type { ReadInput } from './engine.ts';
import type { StepIds } from './step-state.ts';

/** What the next version of a step's block says. */
const blockContent = z.object({
  blockType: z.string(),
  metadata: z.record(z.string(), z.unknown()),
  inputs: z.array(port),
  outputs: z.array(port),
  datasetVersionId: z.uuid(),
});

/**
 * In the transaction that publishes a step's rows: the step has succeeded, with the lineage of its version, and its block has a version
 * that points there. Throws with SQLSTATE GR412 where the step is not this attempt's to end any more.
 */
export async function settleStep(
  client: pg.PoolClient,
  { runId, step }: StepIds,
  attempt: number,
  rows: number,
  inputs: readonly ReadInput[],
): Promise<void> {
  const { rows: settled } = await client.query<{ block: unknown }>(
    'select app.settle_step($1, $2, $3, $4, $5) as block',
    [runId, step, attempt, rows, JSON.stringify(inputs)],
  );
  const block = blockContent.nullable().parse(settled[0]?.block ?? null);
  if (block) await client.query('select app.settle_block($1, $2, $3)', [runId, step, contentDigest(block)]);
}
