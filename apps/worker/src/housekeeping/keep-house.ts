import { asSystem, type Database } from '@granary/db';
import {
  applyRetention,
  collectObjects,
  enqueueOverdueSources,
  eraseOrganizations,
  forgetDeliveries,
  maintainVectorIndex,
  type ObjectStore,
  removeDoomedVectors,
  retainEvents,
  type VectorDatabase,
} from '@granary/domain';
import { sql } from 'kysely';
import { enqueueDueRepositories } from '../code/check-repository.ts';
import { expireCaptures } from '../crawl/expire-captures.ts';
import { expireCredentials } from '../credentials/expire-credentials.ts';
import { removeExpiredExports } from '../export/export-state.ts';
import type { Log } from '../log.ts';
import { keepNotifications } from '../notifications/keep-notifications.ts';

export interface HousekeepingOptions {
  readonly database: Database;
  readonly store: ObjectStore;
  readonly graceHours: number;
  /** How long audit events are kept where an organization says nothing itself; null: for ever. */
  readonly auditDays: number | null;
  /** How long captures are kept where their source does not say less; null: for ever. */
  readonly captureDays: number | null;
  /** How long what visitors wrote with a proposal waits for a decision. */
  readonly intakeDays: number;
  /** Where vectors are that are not in our tables. */
  readonly vectors?: VectorDatabase | undefined;
  /** Whether to look through the whole store for objects that the database knows nothing of. */
  readonly orphans: boolean;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** The log of deliveries is for finding out what went wrong lately. */
const deliveryDays = 30;

/**
 * What nobody asks for and has to be done: lets go of what has had its time, and removes from the store what nothing refers
 * to any more. One worker at a time; false where another one is at it.
 */
export function keepHouse(options: HousekeepingOptions): Promise<boolean> {
  // the lock ends with this transaction, which does nothing else, and so with this process
  return asSystem(options.database, 'housekeeping', async (db) => {
    const { rows } = await sql<{ mine: boolean }>`
      select pg_try_advisory_xact_lock(hashtextextended('granary housekeeping', 0)) as mine`.execute(db);
    if (!rows[0]?.mine) return false;
    await removeExpiredExports(options.database);
    await keepNotifications({ ...options, now: new Date() });
    await expireCredentials(options.database);
    await retire(options);
    await erase(options);
    await retainAudit(options);
    await forget(options);
    await forgetVisitors(options);
    await retainCaptures(options);
    await collect(options);
    await keepSearch(options);
    await enqueueDueRepositories(options.database);
    return true;
  });
}

async function retainCaptures({ database, captureDays, log, signal }: HousekeepingOptions): Promise<void> {
  const captures = await expireCaptures(database, captureDays, signal);
  if (captures > 0) log('captures were past their retention', { captures });
}

async function retire({ database, log, signal }: HousekeepingOptions): Promise<void> {
  const onFailure = (datasetId: string, error: unknown) => log('versions were not removed', { datasetId, error });
  for (const retired of await applyRetention(database, { signal, onFailure }))
    log('versions were past their retention', { ...retired });
}

async function erase({ database, store, log, signal }: HousekeepingOptions): Promise<void> {
  const onFailure = (tenantId: string, error: unknown) => log('an organization was not erased', { tenantId, error });
  for (const tenantId of await eraseOrganizations(database, store, { signal, onFailure }))
    log('an organization was erased', { tenantId });
}

async function retainAudit({ database, auditDays, log, signal }: HousekeepingOptions): Promise<void> {
  for (const retained of await retainEvents(database, auditDays, signal))
    log('audit events were past their retention', { ...retained });
}

async function keepSearch({ database, vectors, log, signal }: HousekeepingOptions): Promise<void> {
  const queued = await enqueueOverdueSources(database);
  if (queued > 0) log('what can be searched for was queued again', { sources: queued });
  const index = await maintainVectorIndex(database);
  if (index !== null) log('the index of vectors was looked after', { index });
  const removed = vectors ? await removeDoomedVectors(database, vectors, { signal }) : 0;
  if (removed > 0) log('vectors were removed', { vectors: removed });
}

async function forget({ database, log, signal }: HousekeepingOptions): Promise<void> {
  const deliveries = await forgetDeliveries(database, deliveryDays, signal);
  if (deliveries > 0) log('deliveries to webhooks were forgotten', { deliveries });
}

async function forgetVisitors({ database, intakeDays, log }: HousekeepingOptions): Promise<void> {
  const { rows } = await asSystem(database, 'intake: expiry', (db) =>
    sql<{
      messages: number;
    }>`select app.expire_intake(make_interval(days => ${intakeDays}::int))::float8 as messages`.execute(db),
  );
  const messages = rows[0]?.messages ?? 0;
  if (messages > 0) log('what visitors wrote was past its retention', { messages });
}

async function collect({ database, store, graceHours, orphans, log, signal }: HousekeepingOptions): Promise<void> {
  const { removed, ...counts } = await collectObjects(database, store, { graceHours, orphans, signal });
  const bytes = removed.reduce((total, each) => total + each.bytes, 0);
  if (removed.length > 0) log('objects were removed', { ...counts, objects: removed.length, bytes });
}
