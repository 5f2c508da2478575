import { asSystem, type Database } from '@granary/db';
import { DomainError, externalReference } from '@granary/domain';
import type { Outbound } from '@granary/outbound';
import { sql } from 'kysely';
import type { Log } from '../log.ts';
import { fetchCommit } from './fetch-commit.ts';
import { type FoundDependency, readManifests } from './manifests/read-manifests.ts';

export interface ReadDependencies {
  readonly database: Database;
  readonly outbound: Outbound;
  readonly log: Log;
}

const limits = { packBytes: 64 * 1024 ** 2, bytes: 192 * 1024 ** 2, files: 100_000, fileBytes: 1024 ** 2 };

/**
 * Reads what the manifests of a branch's newest commit say that it depends on, and notes that in place of what was found before. What
 * cannot be read is noted as well; the job is done either way. Nothing for a repository that is gone, or whose commit was read.
 */
export async function readRepository(
  { database, outbound, log }: ReadDependencies,
  { tenantId, repositoryId }: { readonly tenantId: string; readonly repositoryId: string },
  signal?: AbortSignal,
): Promise<void> {
  const repository = await asSystem(database, 'repository: read', (db) =>
    db
      .selectFrom('code_repositories')
      .select(['repo_url as url', 'head_commit as commit', 'read_commit as read'])
      .where('tenant_id', '=', tenantId)
      .where('id', '=', repositoryId)
      .executeTakeFirst(),
  );
  if (!repository?.commit || repository.commit === repository.read) return;
  const { url, commit } = repository;
  const { found = null, problem = null } = await find(outbound, { url, commit }, signal);
  const json = found && JSON.stringify(found.map(({ purl, file }) => ({ ...externalReference.package(purl), file })));
  await asSystem(database, 'repository: read', (db) =>
    sql`select app.note_repository_reading(${tenantId}::uuid, ${repositoryId}::uuid, ${commit}, ${json}::jsonb, ${problem})`.execute(
      db,
    ),
  );
  log('read the manifests of a repository', { repositoryId, commit, found: found?.length ?? 0 });
}

async function find(
  outbound: Outbound,
  repository: { readonly url: string; readonly commit: string },
  signal: AbortSignal | undefined,
): Promise<{ readonly found?: readonly FoundDependency[]; readonly problem?: string }> {
  try {
    const { found, problems } = readManifests(await fetchCommit(outbound, repository, limits, signal));
    return { found, ...(problems.length > 0 && { problem: problems.join('; ').slice(0, 2000) }) };
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return { problem: error.message };
  }
}
