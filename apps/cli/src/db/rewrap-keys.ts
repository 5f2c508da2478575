import { withClient } from '@granary/db';
import { DomainError, keyContext, type MasterKeys } from '@granary/domain';
import { z } from 'zod';
import { CommandFailure } from '../output/failure.ts';

const wrappedKeys = z.array(
  z.object({
    tenant_id: z.string(),
    id: z.string(),
    purpose: z.enum(['pseudonym', 'dataset']),
    wrapped: z.instanceof(Uint8Array),
  }),
);

const sessions = z.array(z.object({ session_id: z.string(), wrapped_key: z.instanceof(Uint8Array) }));
const webhookSecrets = z.array(
  z.object({ tenant_id: z.string(), id: z.string(), endpoint_id: z.string(), wrapped: z.instanceof(Uint8Array) }),
);
const imageSecrets = z.array(
  z.object({ tenant_id: z.string(), id: z.string(), repository_id: z.string(), wrapped: z.instanceof(Uint8Array) }),
);
const secondFactors = z.array(z.object({ user_id: z.string(), secret: z.instanceof(Uint8Array) }));

/**
 * Wraps every key of tenants, datasets and Supabase sessions, and every secret of webhooks, image reports and second factors, under the first master key;
 * afterwards the second one is not needed. All or none, and the keys themselves stay what they are. Returns how many. Throws CommandFailure for a key that neither opens.
 */
export async function rewrapKeys(url: string, masterKeys: MasterKeys): Promise<number> {
  return withClient(url, async (client) => {
    await client.query('begin'); // what is not committed goes with the connection
    const { rows } = await client.query(
      'select tenant_id, id, purpose, wrapped from encryption_keys where wrapped is not null order by id for update',
    );
    const keys = wrappedKeys.parse(rows);
    for (const { tenant_id: tenantId, id, purpose, wrapped } of keys) {
      const context = keyContext[purpose](tenantId, id);
      const anew = rewrap(masterKeys, wrapped, context, id);
      await client.query('update encryption_keys set wrapped = $3 where tenant_id = $1 and id = $2', [
        tenantId,
        id,
        anew,
      ]);
    }
    const factors = await client.query(
      'select user_id, secret from identity.second_factors order by user_id for update',
    );
    const secrets = secondFactors.parse(factors.rows);
    for (const { user_id: userId, secret } of secrets) {
      const anew = rewrap(masterKeys, secret, keyContext.secondFactor(userId), `second factor of ${userId}`);
      await client.query('update identity.second_factors set secret = $2 where user_id = $1', [userId, anew]);
    }
    const held = await client.query(
      'select session_id, wrapped_key from identity.supabase_sessions order by session_id for update',
    );
    const sessionKeys = sessions.parse(held.rows);
    for (const { session_id: id, wrapped_key: wrapped } of sessionKeys) {
      const anew = rewrap(masterKeys, wrapped, keyContext.supabaseSession(id), `session ${id}`);
      await client.query('update identity.supabase_sessions set wrapped_key = $2 where session_id = $1', [id, anew]);
    }
    const signing = await client.query(
      'select tenant_id, id, endpoint_id, wrapped from webhook_secrets order by id for update',
    );
    const signingKeys = webhookSecrets.parse(signing.rows);
    for (const { tenant_id: tenantId, id, endpoint_id: webhookId, wrapped } of signingKeys) {
      const context = keyContext.webhookSecret(tenantId, webhookId, id);
      const anew = rewrap(masterKeys, wrapped, context, `of webhook ${webhookId}`);
      await client.query('update webhook_secrets set wrapped = $3 where tenant_id = $1 and id = $2', [
        tenantId,
        id,
        anew,
      ]);
    }
    const reports = await client.query(
      'select tenant_id, id, repository_id, wrapped from image_report_secrets order by id for update',
    );
    const reportKeys = imageSecrets.parse(reports.rows);
    for (const { tenant_id: tenantId, id, repository_id: repositoryId, wrapped } of reportKeys) {
      const context = keyContext.imageSecret(tenantId, repositoryId, id);
      const anew = rewrap(masterKeys, wrapped, context, `of the images of repository ${repositoryId}`);
      await client.query('update image_report_secrets set wrapped = $3 where tenant_id = $1 and id = $2', [
        tenantId,
        id,
        anew,
      ]);
    }
    await client.query('commit');
    return keys.length + secrets.length + sessionKeys.length + signingKeys.length + reportKeys.length;
  });
}

function rewrap(masterKeys: MasterKeys, wrapped: Uint8Array, context: string, id: string): Buffer {
  try {
    return masterKeys.wrap(masterKeys.unwrap(wrapped, context), context);
  } catch (error) {
    if (error instanceof DomainError) throw new CommandFailure(`key ${id}: ${error.message}`);
    throw error;
  }
}
