import type { Member } from '@granary/db';
import { recordStoredObject } from '@granary/db/testing';
import type pg from 'pg';

/** A source of the organization that has run: with a capture and what it has to ask; and a run of it that waits. */
export async function populateSource(
  owner: pg.Pool,
  { tenantId, userId }: Member,
): Promise<{ sourceId: string; sourceRunId: string; alarmId: string; captureId: string; proposalId: string }> {
  await recordStoredObject(owner, tenantId, 'c'.repeat(64), 1);
  const { rows } = await owner.query<{ id: string; capture_id: string }>(
    `with source as (
      insert into sources (tenant_id, connector, name, settings, created_by)
        values ($1::uuid, 'generic', 'source of ' || $1::text, jsonb_build_object('urls', array['https://' || $1::text || '.example/']), $2) returning id
    ), run as (
      insert into source_runs (tenant_id, source_id, trigger, state, ended_at, requested_by)
        select $1::uuid, id, 'manual', 'succeeded', now(), $2 from source returning id, source_id
    ), capture as (
      insert into captures (tenant_id, source_id, run_id, request_key, request, final_url, status, fetched_at, origin, body_sha256,
          body_bytes, object_sha256, object_bytes, encoding)
        select $1::uuid, source_id, id, 'https://' || $1::text || '.example/', '{}', 'https://' || $1::text || '.example/', 200, now(), 'live', repeat('b', 64),
          1, repeat('c', 64), 1, 'zstd' from run returning id, source_id, run_id
    )
    insert into crawl_requests (tenant_id, source_id, key, kind, request, host, run_id, state, capture_id)
      select $1::uuid, source_id, 'https://' || $1::text || '.example/', 'item', '{}', 'https://' || $1::text || '.example', run_id, 'done', id from capture
      returning source_id as id, capture_id`,
    [tenantId, userId],
  );
  const sourceId = rows[0]?.id ?? '';
  const { rows: runs } = await owner.query<{ id: string }>(
    `insert into source_runs (tenant_id, source_id, trigger) values ($1, $2, 'reparse') returning id`,
    [tenantId, sourceId],
  );
  const { rows: alarms } = await owner.query<{ id: string }>(
    `insert into source_alarms (tenant_id, source_id, run_id, field, kind, before, now)
       select tenant_id, source_id, run_id, 'users', 'lost', 1, 0 from crawl_requests where source_id = $1 returning id`,
    [sourceId],
  );
  const { rows: proposals } = await owner.query<{ id: string }>(
    `with form as (
      insert into intake_forms (tenant_id, is_open) values ($1, false)
    ), proposal as (
      insert into intake_proposals (tenant_id, connector, item, url)
        values ($1, 'generic', 'https://theirs.example/', 'https://theirs.example/') returning id
    )
    insert into intake_messages (tenant_id, proposal_id, email, comment) select $1, id, 'theirs@theirs.example', 'theirs' from proposal
      returning proposal_id as id`,
    [tenantId],
  );
  return {
    sourceId,
    sourceRunId: runs[0]?.id ?? '',
    alarmId: alarms[0]?.id ?? '',
    captureId: rows[0]?.capture_id ?? '',
    proposalId: proposals[0]?.id ?? '',
  };
}
