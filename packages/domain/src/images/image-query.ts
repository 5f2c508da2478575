import { query, type TenantDb } from '@granary/db';
import { type RawBuilder, sql } from 'kysely';
import { DomainError } from '../errors/domain-error.ts';
import { image } from './schema.ts';

/** Images of an organization that the caller may see: which those are is the policy's to say. */
export const selectImages = (tenantId: string) =>
  query
    .selectFrom('images')
    .select([
      'id',
      'block_id as blockId',
      'edge_id as edgeId',
      'repository_id as repositoryId',
      'commit_id as commitId',
      'origin',
      'image_tag as imageTag',
      'registry_url as registryUrl',
      'dockerfile',
      'builder',
      'build_status as buildStatus',
      'problem',
      'digest',
      'digest_check as digestCheck',
      'digest_problem as digestProblem',
      'digest_checked_at as digestCheckedAt',
      'requested_by as requestedBy',
      'created_at as createdAt',
      'updated_at as updatedAt',
      'started_at as startedAt',
      'finished_at as finishedAt',
    ])
    .where('tenant_id', '=', tenantId);

export const noSuchImage = (): DomainError => new DomainError('not_found', 'no such image');

/** What a command made. Read in a statement of its own: the command's does not see what the command wrote. */
export async function madeImage(db: TenantDb, tenantId: string, command: RawBuilder<unknown>) {
  const { rows } = await sql<{ id: string }>`select ${command} as id`.execute(db);
  const made = selectImages(tenantId).where('id', '=', rows[0]?.id ?? '');
  return image.parse((await db.executeQuery(made.compile())).rows[0]);
}
