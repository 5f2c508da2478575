import { createHash, randomBytes } from 'node:crypto';
import { freePort } from '@granary/db/embedded';
import type pg from 'pg';
import { listening, request, startApi, stop } from './api-process.ts';
import { median, paired, throughput } from './measure.ts';
import { makeSampleDataset } from './sample-dataset.ts';
import { withScratch } from './scratch.ts';

const rows = 100_000;

/** A page of 20 through the API, by key and by cookie, against the same API with fixed claims and nothing checked. */
export const auth = () =>
  withScratch(async (scratch) => {
    const { datasetId, apiKey, identity } = await makeSampleDataset(scratch.owner, rows);
    const cookie = `__Host-granary=${await makeSession(scratch.owner, identity)}`;
    const [checkedPort, fixedPort] = [await freePort(), await freePort()];
    const checked = await listening(startApi(scratch, checkedPort), checkedPort, '/health/ready');
    const { userId, tenantId } = identity;
    const script = '../../apps/api/src/testing/fixed-claims-server.ts';
    const fixed = await listening(
      startApi(scratch, fixedPort, { script, args: [userId, tenantId] }),
      fixedPort,
      '/health/ready',
    );
    try {
      const page = `/v1/datasets/${datasetId}/rows?limit=20`;
      const rates = await throughput({
        key: request(checkedPort, page, { authorization: `Bearer ${apiKey}` }),
        cookie: request(checkedPort, page, { cookie }),
        fixed: request(fixedPort, page, {}),
      });
      const byKey = paired(rates.key, rates.fixed);
      const byCookie = paired(rates.cookie, rates.fixed);
      return {
        ...(byKey.ratio < byCookie.ratio ? byKey : byCookie),
        key: byKey,
        cookie: byCookie,
        perSecond: {
          key: Math.round(median(rates.key)),
          cookie: Math.round(median(rates.cookie)),
          fixed: Math.round(median(rates.fixed)),
        },
        sizes: { rows, pageRows: 20, connections: 8 },
        target: 0.8,
      };
    } finally {
      await stop(checked, fixed);
    }
  });

/** As signing in would make it. */
async function makeSession(
  owner: pg.Pool,
  { userId, tenantId }: { userId: string; tenantId: string },
): Promise<string> {
  const token = randomBytes(32).toString('base64url');
  await owner.query(
    `with made as (
       insert into identity.sessions (user_id, expires_at, absolute_expires_at)
       values ($1, now() + interval '1 day', now() + interval '1 day') returning id)
     insert into identity.session_tokens (token_hash, session_id, tenant_id) select $2, id, $3 from made`,
    [userId, createHash('sha256').update(token).digest(), tenantId],
  );
  return token;
}
