import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { keyContext } from '../encryption/key-context.ts';
import { uuidv7 } from '../ids/uuidv7.ts';

export const makeReportSecret = defineMutation({
  name: 'images.makeSecret',
  summary:
    'Make the secret that reports of a repository’s images are signed with; a former one is good for nothing then',
  access: 'block:write',
  rest: { method: 'POST', path: '/v1/repositories/{repositoryId}/image-secret' },
  input: z.object({ repositoryId: z.uuid() }),
  output: z.object({
    secret: z
      .string()
      .meta({ description: 'whsec_…, as libraries of Standard Webhooks take it. It is never shown again' }),
  }),
  audit: { entityType: 'code_repo', entityId: ({ repositoryId }) => repositoryId },
  async run({ db, masterKeys, identity: { tenantId } }, { repositoryId }) {
    const id = uuidv7();
    const bytes = randomBytes(32);
    const wrapped = masterKeys.wrap(bytes, keyContext.imageSecret(tenantId, repositoryId, id));
    await sql`select app.set_image_secret(${repositoryId}::uuid, ${id}::uuid, ${wrapped})`.execute(db);
    return { secret: `whsec_${bytes.toString('base64')}` };
  },
});
