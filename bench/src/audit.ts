import { asUser, createDatabase, createPool, type Database, type Member } from '@granary/db';
import { CatalogueMemory, describeDataset, executeAction, MasterKeys, sealChains } from '@granary/domain';
import type pg from 'pg';
import { median, paired } from './measure.ts';
import { withScratch } from './scratch.ts';

const writers = 16;
const perWriter = 30;
const rounds = 7;

/**
 * A mutation with its audit event, as the product runs it, against the same mutation without: 16 writers of one tenant, each
 * changing a dataset of their own. The same once more while a sealer is at work on the same cores.
 */
export const audit = () =>
  withScratch(async ({ owner, logins }) => {
    const pool = createPool(logins.api, { poolSize: writers });
    const sealerPool = createPool(logins.worker, { poolSize: 1 });
    const database = createDatabase(pool, { prepared: true });
    const sealer = createDatabase(sealerPool, { prepared: true });
    try {
      const { identity, datasetIds } = await makeDatasets(owner);
      let count = 0;
      const input = (datasetId: string) => {
        count += 1;
        return { datasetId, description: `change ${count}` };
      };
      const dependencies = { database, catalogue: new CatalogueMemory() };
      const audited = (datasetId: string) => executeAction(dependencies, describeDataset, identity, input(datasetId));
      const bare = (datasetId: string) => withoutEvent(database, identity, input(datasetId));
      const rate = async (mutate: (datasetId: string) => Promise<unknown>): Promise<number> => {
        const started = performance.now();
        await Promise.all(
          datasetIds.map(async (datasetId) => {
            for (let turn = 0; turn < perWriter; turn += 1) await mutate(datasetId);
          }),
        );
        return (writers * perWriter) / ((performance.now() - started) / 1000);
      };
      const whileSealing = async (): Promise<number> => {
        const stop = new AbortController();
        const sealing = sealUntil(sealer, stop.signal);
        const reached = await rate(audited);
        stop.abort();
        await sealing;
        return reached;
      };
      const rates = { audited: [] as number[], bare: [] as number[], sealing: [] as number[] };
      for (let round = 0; round <= rounds; round += 1) {
        // in turns as to who is first: the table of the others grows meanwhile
        const forwards = round % 2 === 0;
        const first = await rate(forwards ? audited : bare);
        const second = await rate(forwards ? bare : audited);
        const sealing = await whileSealing();
        if (round === 0) continue;
        rates.audited.push(forwards ? first : second);
        rates.bare.push(forwards ? second : first);
        rates.sealing.push(sealing);
        process.stderr.write('.');
      }
      process.stderr.write('\n');
      return {
        ...paired(rates.audited, rates.bare),
        whileSealing: paired(rates.sealing, rates.bare),
        perSecond: {
          audited: Math.round(median(rates.audited)),
          bare: Math.round(median(rates.bare)),
          whileSealing: Math.round(median(rates.sealing)),
        },
        sizes: { writers, perWriter, rounds },
        target: 0.85,
      };
    } finally {
      await Promise.all([pool.end(), sealerPool.end()]);
    }
  });

/** What executeAction does, but for the event. */
function withoutEvent(database: Database, identity: Member, rawInput: unknown): Promise<unknown> {
  const input = describeDataset.input.parse(rawInput);
  return asUser(database, identity, describeDataset.access, async (db) =>
    describeDataset.output.parse(
      await describeDataset.run({ identity, db, masterKeys: MasterKeys.none, outboundAllow: [] }, input),
    ),
  );
}

async function sealUntil(database: Database, signal: AbortSignal): Promise<void> {
  while (!signal.aborted || (await sealChains(database)) > 0) {
    await sealChains(database);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function makeDatasets(owner: pg.Pool) {
  const person = await owner.query<{ id: string }>(
    `insert into users (email, name) values ('a@bench.example', 'a') returning id`,
  );
  const userId = person.rows[0]?.id ?? '';
  const made = await owner.query<{ id: string }>(`select app.create_organization('bench', $1) as id`, [userId]);
  const tenantId = made.rows[0]?.id ?? '';
  const { rows } = await owner.query<{ id: string }>(
    `insert into datasets (tenant_id, owner_id, name) select $1, $2, 'd' || n from generate_series(1, $3) n returning id`,
    [tenantId, userId, writers],
  );
  return { identity: { userId, tenantId }, datasetIds: rows.map(({ id }) => id) };
}
