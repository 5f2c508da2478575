import { asSystem, type Database } from '@granary/db';
import { DomainError } from '@granary/domain';
import type { Outbound } from '@granary/outbound';
import { sql } from 'kysely';
import type { Log } from '../log.ts';
import { branchHead } from './branch-head.ts';

export interface CheckDependencies {
  readonly database: Database;
  readonly outbound: Outbound;
  readonly log: Log;
}

/**
 * Asks where a branch points and notes the answer, or why there is none: then it is asked again by and by, so that the job is done
 * either way. Nothing for a repository that is gone.
 */
export async function checkRepository(
  { database, outbound, log }: CheckDependencies,
  { tenantId, repositoryId }: { readonly tenantId: string; readonly repositoryId: string },
  signal?: AbortSignal,
): Promise<void> {
  const repository = await asSystem(database, 'repository: check', (db) =>
    db
      .selectFrom('code_repositories')
      .select(['repo_url as url', 'branch'])
      .where('tenant_id', '=', tenantId)
      .where('id', '=', repositoryId)
      .executeTakeFirst(),
  );
  if (!repository) return;
  const { commit = null, problem = null } = await ask(outbound, repository, signal);
  const isNews = await asSystem(database, 'repository: check', async (db) => {
    const { rows } = await sql<{ news: boolean }>`
      select app.note_repository_check(${tenantId}::uuid, ${repositoryId}::uuid, ${commit}, ${problem}) as news`.execute(
      db,
    );
    return rows[0]?.news === true;
  });
  if (isNews) log('a branch points elsewhere', { repositoryId, commit });
}

async function ask(
  outbound: Outbound,
  repository: { readonly url: string; readonly branch: string },
  signal: AbortSignal | undefined,
): Promise<{ commit?: string; problem?: string }> {
  try {
    const commit = await branchHead(outbound, repository, signal);
    return commit === undefined ? { problem: 'the repository has no such branch' } : { commit };
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return { problem: error.message };
  }
}

/** Queues those that are to be asked for again. */
export function enqueueDueRepositories(database: Database): Promise<number> {
  return asSystem(database, 'repository: check', async (db) => {
    const { rows } = await sql<{ queued: number }>`select app.enqueue_due_repositories(1000) as queued`.execute(db);
    return rows[0]?.queued ?? 0;
  });
}
