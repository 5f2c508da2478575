import { claimsOf, type Identity } from '@granary/db';
import type { Compilable } from 'kysely';
import type pg from 'pg';
import { z } from 'zod';

export type Plans = 'force_custom_plan' | 'force_generic_plan';

interface PlanNode {
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number | undefined;
  'Rows Removed by Index Recheck'?: number | undefined;
  Plans?: PlanNode[] | undefined;
}
const planNode: z.ZodType<PlanNode> = z.lazy(() =>
  z.object({
    'Actual Rows': z.number(),
    'Actual Loops': z.number(),
    'Rows Removed by Filter': z.number().optional(),
    'Rows Removed by Index Recheck': z.number().optional(),
    Plans: z.array(planNode).optional(),
  }),
);

/** The most rows that a step of the plan looked at. */
const mostRows = (node: PlanNode): number =>
  Math.max(
    node['Actual Loops'] *
      (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0)),
    ...(node.Plans ?? []).map(mostRows),
  );

/** Runs a query as a member and says how many rows it looked at, under a plan for these values or for any. */
export async function countExplained(
  api: pg.Pool,
  identity: Identity,
  compilable: Compilable<unknown>,
  plans: Plans,
): Promise<number> {
  const { sql: text, parameters } = compilable.compile();
  const client = await api.connect();
  try {
    await client.query('begin');
    await client.query(
      `select set_config('request.jwt.claims', $1, true), set_config('role', 'granary_member', true), set_config('plan_cache_mode', $2, true)`,
      [claimsOf(identity), plans],
    );
    const marks = parameters.map((_, index) => `$${index + 1}`).join(', ');
    await client.query(`prepare page as ${text}`);
    const values = parameters.map((value) =>
      client.escapeLiteral(
        Array.isArray(value) ? `{${value.map((each) => JSON.stringify(each)).join(',')}}` : String(value),
      ),
    );
    const explained = await client.query(
      `explain (analyze, format json, timing off, summary off) execute page ${marks && `(${values.join(', ')})`}`,
    );
    return mostRows(planNode.parse(explained.rows[0]['QUERY PLAN'][0].Plan));
  } finally {
    await client.query('rollback');
    await client.query('deallocate all');
    client.release();
  }
}
