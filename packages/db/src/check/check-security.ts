import type pg from 'pg';
import { z } from 'zod';
import { ownSchemas, securityRules, tenantless } from './security-rules.ts';

export interface SecurityDefect {
  readonly rule: string;
  readonly subject: string;
  readonly problem: string;
}

const found = z.object({ subject: z.string(), problem: z.string() });

/** What in a live database breaks the rules that keep tenants apart; empty is the only acceptable answer. */
export async function checkSecurity(client: Pick<pg.ClientBase, 'query'>): Promise<SecurityDefect[]> {
  const defects: SecurityDefect[] = [];
  for (const [rule, text] of Object.entries(securityRules)) {
    const parameters = [ownSchemas, Object.keys(tenantless)].slice(
      0,
      text.includes('$2') ? 2 : text.includes('$1') ? 1 : 0,
    );
    const { rows } = await client.query(`select subject, problem from (${text}) as found order by 1, 2`, parameters);
    defects.push(...rows.map((row) => ({ rule, ...found.parse(row) })));
  }
  return defects;
}
