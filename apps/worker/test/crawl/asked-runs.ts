import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { digestOf } from '../../src/crawl/body-store.ts';
import type { CrawlHarness } from './crawl-harness.ts';
import type { MarketplaceServer } from './marketplace-server.ts';

/** A run of the kind whose work one worker does, asked for by an operator. */
export async function ask(
  { owner, store, folder }: CrawlHarness,
  sourceId: string,
  trigger: 'import' | 'reparse',
  options: object = {},
  file?: { readonly name: string; readonly content: Buffer },
): Promise<string> {
  let sha256: string | null = null;
  if (file) {
    const { rows: installation } = await owner.query(`select owner_id from sources where id = $1`, [sourceId]);
    const ownerId: string = installation[0].owner_id;
    sha256 = digestOf(file.content);
    await owner.query('select app.claim_capture_object($1, $2, $3)', [ownerId, sha256, file.content.length]);
    const landing = path.join(folder, `landing-${sha256}`);
    await writeFile(landing, file.content);
    await store.putFile({ tenantId: ownerId, sha256 }, landing);
  }
  const { rows } = await owner.query<{ id: string }>(
    `insert into source_runs (source_id, trigger, options, input_sha256, input_name) values ($1, $2, $3, $4, $5) returning id`,
    [sourceId, trigger, options, sha256, file?.name ?? null],
  );
  return rows[0]?.id ?? '';
}

/** One that nothing is asked for yet. */
export async function quietSource(harness: CrawlHarness, server: MarketplaceServer): Promise<string> {
  const { sourceId, runId } = await harness.source(server);
  await harness.owner.query('delete from source_runs where id = $1', [runId]);
  return sourceId;
}
