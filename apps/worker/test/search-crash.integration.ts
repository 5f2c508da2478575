import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import { expect, onTestFinished, test } from 'vitest';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const { rows: chosen } = await owner.query<{ id: string }>(`select app.choose_embedding_model('lengths', '1') as id`);
const script = fileURLToPath(new URL('./killed-indexer.ts', import.meta.url));

function startIndexer(killAt: string) {
  const child = spawn(process.execPath, [script, database.url('granary_worker'), chosen[0]?.id ?? '', killAt], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

test.each(['vectors', 'finish'])(
  'a worker that is killed before the %s leaves a source that the next one brings into step, nothing twice',
  async (step) => {
    const { tenantId } = await createTestOrganization(owner, `killed at ${step}`);
    await owner.query(
      `insert into blocks (tenant_id, name, block_type, description) values ($1, 'heart', 'model', 'Says how a heart beats.')`,
      [tenantId],
    );
    const state = async () =>
      (
        await owner.query<{ wanted: number; indexed: number; passages: number; vectors: number }>(
          `select s.wanted, s.indexed,
             (select count(*)::int from search_passages p where p.tenant_id = s.tenant_id and p.source_id = s.id) as passages,
             (select count(*)::int from passage_vectors v where v.tenant_id = s.tenant_id) as vectors
           from search_sources s where s.tenant_id = $1`,
          [tenantId],
        )
      ).rows;
    const [, signal] = await once(startIndexer(step), 'exit');
    expect(signal).toBe('SIGKILL');
    const [left] = await state();
    expect(left?.indexed).toBe(0);
    expect(left?.passages).toBeGreaterThan(0);
    expect(left?.vectors === 0).toBe(step !== 'finish');
    startIndexer('never');
    await expect.poll(state).toEqual([
      {
        wanted: left?.wanted,
        indexed: left?.wanted,
        passages: left?.passages,
        vectors: expect.any(Number),
      },
    ]);
    const [done] = await state();
    expect(done?.vectors).toBe(done?.passages);
    expect(done?.passages).toBeGreaterThan(0);
  },
);
