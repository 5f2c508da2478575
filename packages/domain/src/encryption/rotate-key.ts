import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { uuidv7 } from '../ids/uuidv7.ts';
import { keyContext } from './key-context.ts';

export const rotateEncryptionKey = defineMutation({
  name: 'encryption.rotate',
  summary:
    'Make a new version of the pseudonym key, or of a dataset’s key. What is there stays readable; pseudonyms made from now on do not link to those made before',
  access: 'encryption:admin',
  rest: { method: 'POST', path: '/v1/encryption/keys' },
  input: z.object({
    datasetId: z
      .uuid()
      .optional()
      .meta({ description: 'A dataset’s key; the pseudonym key of the organization otherwise' }),
  }),
  output: z.object({ id: z.uuid(), version: z.int() }),
  audit: {
    entityType: 'encryption_key',
    entityId: (_input, { id }) => id,
    details: ({ datasetId }, { version }) => ({ datasetId: datasetId ?? null, version }),
  },
  async run({ db, masterKeys, identity: { tenantId } }, { datasetId }) {
    const id = uuidv7();
    const purpose = datasetId === undefined ? 'pseudonym' : 'dataset';
    const wrapped = masterKeys.wrap(randomBytes(32), keyContext[purpose](tenantId, id));
    const { rows } = await sql<{ version: number }>`
      select app.rotate_encryption_key(${tenantId}::uuid, ${datasetId ?? null}::uuid, ${id}::uuid, ${wrapped}) as version`.execute(
      db,
    );
    return { id, version: rows[0]!.version };
  },
});
