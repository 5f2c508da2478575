import { createPool } from '@granary/db';
import { PgBoss } from 'pg-boss';
import { median, paired } from './measure.ts';
import { withScratch } from './scratch.ts';

const loops = 4;
const rounds = 7;
const singly = 400;
const batched = 4_000;
const batchSize = 100;
const queue = 'dataset.load';

/** Fetch and complete, through the product's queue, against a bare table and `for update skip locked`. */
export const jobs = () =>
  withScratch(async ({ owner, logins, ownerUrl }) => {
    const boss = new PgBoss({
      connectionString: logins.worker,
      schema: 'jobs',
      max: loops,
      migrate: false,
      createSchema: false,
      supervise: false,
      schedule: false,
    });
    await boss.start();
    await owner.query(`create table public.bare_jobs (id bigint generated always as identity primary key, payload jsonb not null,
      state text not null default 'created', started_on timestamptz, completed_on timestamptz)`);
    await owner.query(`create index on public.bare_jobs (id) where state = 'created'`);
    const bare = createPool(ownerUrl, { poolSize: loops });
    const payloads = (count: number) => Array.from({ length: count }, (_, i) => ({ data: { i } }));

    const rate = async (count: number, take: () => Promise<number>): Promise<number> => {
      const started = performance.now();
      await Promise.all(
        Array.from({ length: loops }, async () => {
          while ((await take()) > 0);
        }),
      );
      return count / ((performance.now() - started) / 1000);
    };
    const ours = async (count: number, size: number): Promise<number> => {
      await boss.insert(queue, payloads(count));
      return rate(count, async () => {
        const taken = await boss.fetch(queue, { batchSize: size });
        if (taken.length > 0)
          await boss.complete(
            queue,
            taken.map(({ id }) => id),
          );
        return taken.length;
      });
    };
    const theirs = async (count: number, size: number): Promise<number> => {
      await bare.query(
        `insert into public.bare_jobs (payload) select jsonb_build_object('i', i) from generate_series(1, $1) i`,
        [count],
      );
      return rate(count, async () => {
        const { rows } = await bare.query<{ id: number }>(
          `update public.bare_jobs set state = 'active', started_on = now() where id = any (array(
             select id from public.bare_jobs where state = 'created' order by id limit $1 for update skip locked)) returning id, payload`,
          [size],
        );
        if (rows.length > 0) {
          await bare.query(
            `update public.bare_jobs set state = 'completed', completed_on = now() where id = any ($1)`,
            [rows.map(({ id }) => id)],
          );
        }
        return rows.length;
      });
    };

    const rates = {
      single: [] as number[],
      bareSingle: [] as number[],
      batch: [] as number[],
      bareBatch: [] as number[],
    };
    for (let round = 0; round <= rounds; round += 1) {
      const measured = {
        single: await ours(singly, 1),
        bareSingle: await theirs(singly, 1),
        batch: await ours(batched, batchSize),
        bareBatch: await theirs(batched, batchSize),
      };
      if (round === 0) continue;
      for (const name of ['single', 'bareSingle', 'batch', 'bareBatch'] as const) rates[name].push(measured[name]);
      process.stderr.write('.');
    }
    process.stderr.write('\n');
    await Promise.all([boss.stop(), bare.end()]);
    return {
      ...paired(rates.single, rates.bareSingle),
      batched: paired(rates.batch, rates.bareBatch),
      perSecond: {
        single: Math.round(median(rates.single)),
        batched: Math.round(median(rates.batch)),
        bareSingle: Math.round(median(rates.bareSingle)),
        bareBatched: Math.round(median(rates.bareBatch)),
      },
      sizes: { singly, batched, batchSize, loops },
    };
  });
