import { query, type TenantDb } from '@granary/db';
import { type RawBuilder, sql } from 'kysely';
import { DomainError } from '../errors/domain-error.ts';
import { codeRepository } from './schema.ts';

/** Repositories of an organization that the caller may see: which those are is the policy's to say. */
export const selectRepositories = (tenantId: string) =>
  query
    .selectFrom('code_repositories')
    .select([
      'id',
      'block_id as blockId',
      'edge_id as edgeId',
      'repo_url as url',
      'branch',
      'head_commit as headCommit',
      'last_updated as lastUpdated',
      'checked_at as checkedAt',
      'problem',
      'read_commit as readCommit',
      'read_problem as readProblem',
      'created_at as createdAt',
    ])
    .where('tenant_id', '=', tenantId);

export const noSuchRepository = (): DomainError => new DomainError('not_found', 'no such repository');

/** What a command made. Read in a statement of its own: the command's does not see what the command wrote. */
export async function addedRepository(db: TenantDb, tenantId: string, command: RawBuilder<unknown>) {
  const { rows } = await sql<{ id: string }>`select ${command} as id`.execute(db);
  const made = selectRepositories(tenantId).where('id', '=', rows[0]?.id ?? '');
  return codeRepository.parse((await db.executeQuery(made.compile())).rows[0]);
}
