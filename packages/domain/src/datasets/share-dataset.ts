import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { DomainError } from '../errors/domain-error.ts';
import { noSuchDataset } from './no-such-dataset.ts';
import { datasetAccess } from './schema.ts';

export const share = z
  .object({
    id: z.uuid(),
    userId: z.uuid().nullable(),
    roleId: z.uuid().nullable(),
    access: datasetAccess,
  })
  .meta({ id: 'Share' });

export const shareDataset = defineMutation({
  name: 'datasets.share',
  summary: 'Share a dataset with a member, a role, or (naming neither) everybody in the organization for reading',
  access: 'dataset:admin',
  rest: { method: 'POST', path: '/v1/datasets/{datasetId}/shares' },
  // strict: a misspelled member would share it with everybody
  input: z.strictObject({
    datasetId: z.uuid(),
    userId: z.uuid().optional(),
    roleId: z.uuid().optional(),
    access: datasetAccess.default('read'),
  }),
  output: share,
  audit: {
    entityType: 'dataset',
    entityId: ({ datasetId }) => datasetId,
    details: ({ userId, roleId, access }) => ({ userId, roleId, access }),
  },
  async run({ db, identity: { tenantId } }, { datasetId, userId, roleId, access }) {
    if (userId && roleId) throw new DomainError('invalid', 'name a member or a role, not both');
    if (!userId && !roleId && access !== 'read')
      throw new DomainError('invalid', 'the whole organization can only be given read access');
    const {
      rows: [may],
    } = await sql<{ may: boolean }>`select app.may_access_dataset(${datasetId}::uuid, 'admin') as may`.execute(db);
    if (!may?.may) throw noSuchDataset();
    const [subject] = userId
      ? await db
          .selectFrom('memberships')
          .select('user_id')
          .where('tenant_id', '=', tenantId)
          .where('user_id', '=', userId)
          .execute()
      : roleId
        ? await db.selectFrom('roles').select('id').where('tenant_id', '=', tenantId).where('id', '=', roleId).execute()
        : [{}];
    if (!subject) throw new DomainError('not_found', userId ? 'no such member' : 'no such role');
    return db
      .insertInto('dataset_shares')
      .values({ tenant_id: tenantId, dataset_id: datasetId, user_id: userId ?? null, role_id: roleId ?? null, access })
      .onConflict((conflict) =>
        conflict.columns(['tenant_id', 'dataset_id', 'user_id', 'role_id']).doUpdateSet({ access }),
      )
      .returning(['id', 'user_id as userId', 'role_id as roleId', 'access'])
      .executeTakeFirstOrThrow();
  },
});
