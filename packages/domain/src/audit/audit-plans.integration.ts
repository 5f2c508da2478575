import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { countExplained } from '../testing/count-explained.ts';
import { selectFollowing } from './follow-audit-events.ts';
import { selectNewest } from './list-audit-events.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const api = database.pool('granary_api');
const { as, tenantId } = await createTestOrganization(owner, 'ours');

const events = 20_000;
const limit = 10;

beforeAll(async () => {
  await owner.query(
    `insert into audit_events (tenant_id, transaction, actor_kind, action, verb, entity_type, entity_id)
     select $1, i - 1000000, 'system', 'test.write', 'UPDATE', 'thing', lpad(to_hex(i / 20), 32, '0')::uuid from generate_series(1, $2::int) i`,
    [tenantId, events],
  );
  await owner.query(
    `insert into audit_chain (tenant_id, sequence, event_id, previous_hash, canonical, hash)
     select tenant_id, row_number() over (order by transaction), id, sha256(''), '', sha256('') from audit_events where tenant_id = $1`,
    [tenantId],
  );
  await owner.query('analyze audit_events; analyze audit_chain');
});

const middle = '-990000.00000000-0000-0000-0000-000000000000';
const entityId = '00000000-0000-0000-0000-0000000001f4'; // in the middle, twenty times
const queries = {
  'the newest page': selectNewest(tenantId, {}, undefined),
  'a page in the middle': selectNewest(tenantId, {}, middle),
  'the newest about one thing': selectNewest(tenantId, { entityId }, undefined),
  'what follows a cursor': selectFollowing(tenantId, {}, middle),
};

describe.each(['force_custom_plan', 'force_generic_plan'] as const)('with a %s', (plans) => {
  test.each(Object.entries(queries))('%s looks at no more events than it shows', async (_, query) => {
    expect(await countExplained(api, as.auditor, query.limit(limit), plans)).toBeLessThanOrEqual(2 * limit);
  });
});
