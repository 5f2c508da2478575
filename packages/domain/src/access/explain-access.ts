import { sql } from 'kysely';
import { z } from 'zod';
import { defineIdentityAction } from '../actions/define-identity-action.ts';
import { accessReasons, describeReason } from './access-reasons.ts';
import { permissions } from './permissions.ts';

const role = z.object({ roleId: z.uuid(), name: z.string(), grants: z.boolean() });
const share = z.object({
  shareId: z.uuid(),
  with: z.enum(['member', 'role', 'everybody']),
  roleId: z.uuid().nullable(),
  roleName: z.string().nullable(),
  access: z.enum(['read', 'write', 'admin']),
  suffices: z.boolean(),
});

const explained = z.object({
  allowed: z.boolean(),
  reason: z.enum(accessReasons),
  userId: z.uuid(),
  keyId: z.uuid().nullable(),
  organizationId: z.uuid(),
  permission: z.enum(permissions),
  datasetId: z.uuid().nullable(),
  roles: z.array(role).meta({ description: 'Theirs, and whether each gives the permission' }),
  keyHasScope: z.boolean().nullable(),
  ownsDataset: z.boolean().nullable(),
  shares: z.array(share).meta({ description: 'Those of the dataset that reach them' }),
});

export const explainAccess = defineIdentityAction({
  name: 'access.explain',
  summary: 'Why somebody, or a key, may do something, or may not: which role, share, scope or lack decides',
  access: 'user',
  kind: 'query',
  rest: { method: 'GET', path: '/v1/access' },
  input: z.object({
    permission: z.enum(permissions),
    datasetId: z.uuid().optional().meta({ description: 'Whether it holds for this dataset as well' }),
    userId: z.uuid().optional().meta({ description: 'The caller, if neither this nor a key is named' }),
    keyId: z.uuid().optional(),
    organizationId: z.uuid().optional().meta({ description: 'The active one, if none is named' }),
    address: z.union([z.ipv4(), z.ipv6()]).optional().meta({ description: 'Where a key bound to networks is used' }),
  }),
  output: explained.extend({ sentence: z.string() }).meta({ id: 'AccessExplanation' }),
  async run({ db }, { permission, datasetId, userId, keyId, organizationId, address }) {
    const { rows } = await sql<{ explained: unknown }>`
      select app.explain_access(${userId ?? null}::uuid, ${keyId ?? null}::uuid, ${organizationId ?? null}::uuid,
        ${permission}, ${datasetId ?? null}::uuid, ${address ?? null}) as explained`.execute(db);
    const answer = explained.parse(rows[0]?.explained);
    return { ...answer, sentence: describeReason[answer.reason](answer) };
  },
});
