import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { secret } from './schema.ts';
import { makeWebhookSecret } from './webhook-secret.ts';

const overlapHours = 24;

export const rotateWebhookSecret = defineMutation({
  name: 'webhooks.rotateSecret',
  summary: 'Make another secret; for 24 hours what is sent is signed with the former one as well',
  access: 'webhook:write',
  rest: { method: 'POST', path: '/v1/webhooks/{webhookId}/secret' },
  input: z.object({
    webhookId: z.uuid(),
    immediately: z.boolean().default(false).meta({ description: 'The former ones end at once: somebody has them' }),
  }),
  output: z.object({ secret, formerExpiresAt: z.string() }),
  audit: {
    entityType: 'webhook',
    entityId: ({ webhookId }) => webhookId,
    details: ({ immediately }) => ({ immediately }),
  },
  async run({ db, masterKeys, identity: { tenantId } }, { webhookId, immediately }) {
    const made = makeWebhookSecret(masterKeys, { tenantId, webhookId });
    const hours = immediately ? 0 : overlapHours;
    const { rows } = await sql<{ ends: string }>`
      select app.rotate_webhook_secret(${webhookId}::uuid, ${made.id}::uuid, ${made.wrapped}, make_interval(hours => ${hours}::integer))
        as ends`.execute(db);
    return { secret: made.text, formerExpiresAt: rows[0]!.ends };
  },
});
