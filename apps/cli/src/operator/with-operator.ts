import { createDatabase, openPool } from '@granary/db';
import { executeAsOperator, type OperatorsAction, operatorServices } from '@granary/domain';
import type { z } from 'zod';
import type { CommandContext } from '../context.ts';
import { requireMigrated } from '../database/known-logins.ts';
import { withOwnerDatabase } from '../database/owner-database.ts';
import type { Environment } from '../env.ts';
import { operatorName } from './operator-name.ts';

/** Runs an action of operators; throws DomainError. */
export type Act = <I extends z.ZodType, O extends z.ZodType>(
  action: OperatorsAction<I, O>,
  input: z.input<I>,
) => Promise<z.output<O>>;

/** Lends what acts as an operator: whoever has the settings of this installation has its database anyway. */
export function withOperator<T>({ environment, terminal }: CommandContext, use: (act: Act) => Promise<T>): Promise<T> {
  const settings = environment();
  return withOwnerDatabase(settings, terminal.note, async ({ url }) => {
    await requireMigrated(url);
    return actAsOperator(url, settings, use);
  });
}

/** The same on a database that is known to be up to date. */
export async function actAsOperator<T>(
  url: string,
  settings: Pick<Environment, 'database' | 'masterKeys' | 'membership'>,
  use: (act: Act) => Promise<T>,
): Promise<T> {
  const { pool } = await openPool(url, { ...settings.database, poolSize: 1 });
  try {
    const services = operatorServices(createDatabase(pool, { prepared: false }), settings);
    const operator = { operator: operatorName() };
    return await use((action, input) => executeAsOperator(services, operator, action, input));
  } finally {
    await pool.end();
  }
}
