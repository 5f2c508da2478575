import { createHash, randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { recordStoredObject } from '@granary/db/testing';
import { createFileObjectStore } from '@granary/object-store';
import { expect, test } from 'vitest';
import { makeTestKey } from '../testing/make-key.ts';
import { startTestApi } from '../testing/start-test-api.ts';

const api = await startTestApi();
const { text: key } = await makeTestKey(api.owner, api.ours.as.admin);
const page = Buffer.from('<script>alert(1)</script>'.repeat(1000));
const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** A page of a source of ours, as the worker keeps it. */
async function capture() {
  const { tenantId } = api.ours;
  const packed = zstdCompressSync(page);
  const sha256 = digest(packed);
  const landing = path.join(api.dataDirectory, randomUUID());
  await writeFile(landing, packed);
  await createFileObjectStore(api.dataDirectory).putFile({ tenantId, sha256 }, landing);
  await recordStoredObject(api.owner, tenantId, sha256, packed.length);
  const { rows } = await api.owner.query(
    `with source as (insert into sources (tenant_id, connector, name) values ($1, 'firefox-addons', gen_random_uuid()::text) returning id),
     run as (insert into source_runs (tenant_id, source_id, trigger) select $1, id, 'import' from source returning id, source_id)
     insert into captures (tenant_id, source_id, run_id, request_key, request, final_url, status, fetched_at, origin, body_sha256, body_bytes,
       object_sha256, object_bytes, encoding)
     select $1, source_id, id, 'k', '{}', 'https://example.com/', 200, now(), 'import', $2, $3, $4, $5, 'zstd' from run
     returning source_id as source, id`,
    [tenantId, digest(page), page.length, sha256, packed.length],
  );
  return { address: `/v1/sources/${rows[0].source}/captures/${rows[0].id}/body`, id: rows[0].id };
}

test('a captured page comes back byte for byte, as a file that no browser shows, and its download is in the trail', async () => {
  const { address, id } = await capture();
  const response = await api.fetch(address, { key });
  expect(response.status).toBe(200);
  expect(Buffer.compare(Buffer.from(await response.arrayBuffer()), page)).toBe(0);
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'content-type': 'application/octet-stream',
    'content-length': String(page.length),
    'content-disposition': expect.stringMatching(/^attachment/),
    'x-content-type-options': 'nosniff',
  });
  const { rows } = await api.owner.query(`select action from audit_events where details ->> 'captureId' = $1`, [id]);
  expect(rows).toHaveLength(1);
});

test('a captured page is for whoever may read captures; for a stranger there is none', async () => {
  const { address } = await capture();
  expect((await api.fetch(address, { key: api.keys.editor })).status).toBe(403);
  const { text: strangers } = await makeTestKey(api.owner, api.theirs.as.admin);
  expect((await api.fetch(address, { key: strangers })).status).toBe(404);
  expect((await api.fetch(address.replace(/[^/]+\/body/, `${randomUUID()}/body`), { key })).status).toBe(404);
});
