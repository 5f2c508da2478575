import type { SystemDb } from '@granary/db';
import { type Connector, ConnectorSettingsError, type CrawlRequest } from '@granary/marketplaces';
import { sql } from 'kysely';

const mostAddresses = 20_000;

/**
 * What an archive is asked first by a backfill: which captures there are of the addresses that it names, or else of all plugins that
 * are known of the marketplace.
 */
export async function archiveRequests(
  db: SystemDb,
  { connector, ownerId }: { readonly connector: Connector; readonly ownerId: string },
  { history }: Readonly<Record<string, unknown>>,
): Promise<readonly CrawlRequest[]> {
  const asked = typeof history === 'object' && history !== null ? history : {};
  if ('addresses' in asked) return connector.start({ history: asked });
  const { rows } = await sql<{ url: string }>`
    select url from plugins where owner_id = ${ownerId}::uuid and marketplace = ${connector.name} and url is not null
    order by id limit ${mostAddresses}`.execute(db);
  return rows.flatMap(({ url }) => {
    try {
      return connector.start({ history: { ...asked, addresses: [url] } });
    } catch (error) {
      if (error instanceof ConnectorSettingsError) return []; // an address that is none of an item
      throw error;
    }
  });
}
