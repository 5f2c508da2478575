import { asSystem, type Database } from '@granary/db';
import { DomainError } from '@granary/domain';
import type { Outbound } from '@granary/outbound';
import { sql } from 'kysely';
import type { Log } from '../log.ts';
import type { ImageRegistry } from './image-registry.ts';
import { Registry } from './registry.ts';

export interface ImageCheckDependencies {
  readonly database: Database;
  /** For what tenants named. */
  readonly outbound: Outbound;
  /** Where images are put that are built here: the operator's. */
  readonly registry?: ImageRegistry | undefined;
  readonly log: Log;
}

/**
 * Asks the registry which digest it has for an image's tag, and notes the answer or why there is none. Nothing for an image that is
 * gone or was not made.
 */
export async function checkImage(
  { database, outbound, registry, log }: ImageCheckDependencies,
  { tenantId, imageId }: { readonly tenantId: string; readonly imageId: string },
  signal?: AbortSignal,
): Promise<void> {
  const image = await asSystem(database, 'image: check', (db) =>
    db
      .selectFrom('images')
      .select(['registry_url as url', 'image_tag as tag', 'origin', 'digest'])
      .where('tenant_id', '=', tenantId)
      .where('id', '=', imageId)
      .where('build_status', '=', 'success')
      .executeTakeFirst(),
  );
  if (!image?.url) return;
  const at = image.url.indexOf('/');
  const place = { host: image.url.slice(0, at), name: image.url.slice(at + 1) };
  // only what was built here is asked for with the operator's rights
  const own = image.origin === 'built' && registry?.host === place.host ? registry : undefined;
  const { credentials, isSecure } = own ?? {};
  const asked = new Registry(own?.outbound ?? outbound, { ...place, credentials, isSecure }, signal);
  const { digest = null, problem = null } = await ask(asked, image.tag);
  await asSystem(database, 'image: check', (db) =>
    sql`select app.note_image_check(${tenantId}::uuid, ${imageId}::uuid, ${digest}, ${problem})`.execute(db),
  );
  log('asked a registry for an image', { imageId, matches: digest === image.digest });
}

async function ask(registry: Registry, tag: string): Promise<{ digest?: string; problem?: string }> {
  try {
    return { digest: (await registry.manifest(tag)).digest };
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return { problem: error.message };
  }
}
