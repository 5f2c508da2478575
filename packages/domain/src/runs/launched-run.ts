import type { TenantDb } from '@granary/db';
import { type RawBuilder, sql } from 'kysely';
import type { z } from 'zod';
import { selectRun } from './run-query.ts';
import { launchedRun } from './schema.ts';

interface Launched {
  readonly run_id: string;
  readonly is_new: boolean;
}

/** What `app.launch_run` made or found. Read in a statement of its own: the command's does not see what the command wrote. */
export async function readLaunched(
  db: TenantDb,
  tenantId: string,
  command: RawBuilder<unknown>,
): Promise<z.output<typeof launchedRun>> {
  const { rows } = await sql<Launched>`select run_id, is_new from ${command}`.execute(db);
  const [launched] = rows;
  if (!launched) throw new Error('nothing was launched, and nothing was refused');
  const [row] = (await db.executeQuery(selectRun(tenantId, launched.run_id).compile())).rows;
  return launchedRun.parse({ ...row, isNew: launched.is_new });
}
