import type { SystemDb } from '@granary/db';
import type { CrawlRequest } from '@granary/marketplaces';
import { OutboundError } from '@granary/outbound';
import { sql } from 'kysely';
import type { CrawlContext } from './crawl-context.ts';
import type { SourceOfRun } from './take-turn.ts';

const longestKey = 2000; // octets

/**
 * Puts requests into the frontier of a run, each once, and none that leads out of the connector's hosts. Returns how many are
 * new to the run.
 */
export async function enqueueRequests(
  db: SystemDb,
  { outbound, settings }: Pick<CrawlContext, 'outbound' | 'settings'>,
  { sourceId, tenantId, runId, connector, settings: sourceSettings }: SourceOfRun,
  requests: readonly CrawlRequest[],
): Promise<number> {
  const hosts = connector.hosts(sourceSettings);
  const byKey = new Map<string, { key: string; kind: string; host: string; request: CrawlRequest }>();
  for (const request of requests) {
    const host = originOf(outbound, request.url, hosts);
    if (host === undefined || Buffer.byteLength(request.key) > longestKey) continue;
    byKey.set(request.key, { key: request.key, kind: request.kind, host, request });
  }
  // in one order, so that two who discover the same do not wait for each other
  const found = [...byKey.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
  if (found.length === 0) return 0;
  const origins = [...new Set(found.map(({ host }) => host))].sort();
  await sql`insert into jobs.crawl_hosts (origin) select unnest(${origins}::text[]) on conflict do nothing`.execute(db);
  const { rows } = await sql<{ discovered: number }>`
    with added as (
      insert into crawl_requests (tenant_id, source_id, run_id, key, kind, host, request)
      select ${tenantId}::uuid, ${sourceId}::uuid, ${runId}::uuid, f.key, f.kind, f.host, f.request
      from jsonb_to_recordset(${JSON.stringify(found)}::jsonb) as f (key text, kind text, host text, request jsonb)
      -- pages lead to each other: whoever reads one must not wait for the row of another one that is being read
      where not exists (select from crawl_requests e
        where e.source_id = ${sourceId}::uuid and e.key = f.key and e.run_id = ${runId}::uuid)
      limit (select greatest(0, ${settings.mostRequests} - u.discovered) from source_runs u where u.id = ${runId}::uuid)
      on conflict (source_id, key) do update set run_id = excluded.run_id, kind = excluded.kind, host = excluded.host,
        request = excluded.request, state = 'queued', attempts = 0, next_attempt_at = now(), turn = null, hops = '{}', error = null
        -- what an archive has is not otherwise the second time
        where crawl_requests.run_id <> excluded.run_id
          and not (crawl_requests.state = 'done' and excluded.request ? 'archivedAt')
      returning 1)
    select count(*)::int as discovered from added`.execute(db);
  return rows[0]?.discovered ?? 0;
}

function originOf(outbound: CrawlContext['outbound'], url: string, hosts: readonly string[]): string | undefined {
  try {
    return outbound.check(url, { hosts }).origin;
  } catch (error) {
    if (error instanceof OutboundError) return undefined;
    throw error;
  }
}
