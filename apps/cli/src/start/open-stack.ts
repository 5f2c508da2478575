import { prepareDatabase } from '@granary/db';
import { ensureKnownLogins } from '../database/known-logins.ts';
import type { OwnerDatabase } from '../database/owner-database.ts';
import type { Interruption } from '../services/interruption.ts';
import { type Address, type Services, startServices } from '../services/start-services.ts';

export interface StackOptions {
  readonly database: Omit<OwnerDatabase, 'release'>;
  readonly statementTimeoutMs: number;
  readonly address: Address;
  readonly home: string;
  /** What api and worker inherit. */
  readonly env: NodeJS.ProcessEnv;
  readonly interruption: Interruption;
  /** Told of each step that is done, in words. */
  onStep(text: string): void;
}

/** Brings the schema up to date, makes the logins, and starts an API and a worker on the database. */
export async function openStack(options: StackOptions): Promise<Services> {
  const { database, statementTimeoutMs, interruption, onStep } = options;
  const { url, administratorUrl } = database;
  const applied = await prepareDatabase({ url, ...(administratorUrl && { administratorUrl }) });
  onStep(applied.length > 0 ? `schema: ${applied.length} migrations applied` : 'schema: up to date');
  interruption.signal.throwIfAborted();
  const logins = await ensureKnownLogins(database, { statementTimeoutMs });
  interruption.signal.throwIfAborted();
  const services = await startServices({ ...options, logins });
  onStep(`api and worker: ready at ${services.url}`);
  return services;
}
