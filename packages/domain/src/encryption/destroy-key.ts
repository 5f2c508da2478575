import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';

export const destroyEncryptionKey = defineMutation({
  name: 'encryption.destroy',
  summary:
    'Destroy an encryption key for ever: originals and quarantined text sealed under a dataset’s key can never be read again, and pseudonyms of a pseudonym key never be linked to new ones; what was loaded stays',
  access: 'encryption:admin',
  rest: { method: 'DELETE', path: '/v1/encryption/keys/{encryptionKeyId}' },
  input: z.object({ encryptionKeyId: z.uuid() }),
  output: z.object({ destroyed: z.literal(true) }),
  audit: { entityType: 'encryption_key', entityId: ({ encryptionKeyId }) => encryptionKeyId },
  async run({ db }, { encryptionKeyId }) {
    await sql`select app.destroy_encryption_key(${encryptionKeyId}::uuid)`.execute(db);
    return { destroyed: true as const };
  },
});
