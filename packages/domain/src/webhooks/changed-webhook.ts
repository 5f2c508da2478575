import type { DB, TenantDb } from '@granary/db';
import type { RawBuilder, Selectable } from 'kysely';
import { webhook } from './schema.ts';
import { webhookColumns } from './webhook-query.ts';

/** What a command made of a webhook, from its answer. */
export async function changedWebhook(db: TenantDb, command: RawBuilder<Selectable<DB['webhook_endpoints']>>) {
  return webhook.parse(await db.selectFrom(command.as('changed')).select(webhookColumns).executeTakeFirstOrThrow());
}
