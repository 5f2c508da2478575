import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DuckDBInstance } from '@duckdb/node-api';
import type { Member } from '@granary/db';
import type { RunWithSteps } from '@granary/domain';
import { act, loadByWorker, putOriginal, startWorkerProcess } from './loading.ts';
import { median, paired, seconds } from './measure.ts';
import { makeSampleDataset } from './sample-dataset.ts';
import { type Scratch, withScratch } from './scratch.ts';

const sizes = [1_000, 200_000] as const;
const customers = 1_000;
const rounds = 5;

const column = (name: string, type: 'bigint' | 'text') => ({ name, type, nullable: true });
const columns = {
  orders: [column('id', 'bigint'), column('customer', 'bigint'), column('amount', 'bigint')],
  customers: [column('id', 'bigint'), column('region', 'text')],
  joined: [column('region', 'text'), column('amount', 'bigint')],
  totals: [column('region', 'text'), column('orders', 'bigint'), column('total', 'bigint')],
};
/** Each reads what the one before makes, by its name. */
const sqls = {
  clean: 'select id, customer, amount from orders where amount % 10 <> 0',
  joined: 'select c.region, o.amount from clean o join customers c on c.id = o.customer',
  totals: 'select region, count(*) as orders, sum(amount) as total from joined group by region order by region',
};

/**
 * Three steps (clean, join, aggregate) as a run, each of whose results is a version in the database, against the same SQL in DuckDB over
 * tables in memory. The ratio is that of many rows; `fixed` is what a step costs where there are few.
 */
export const pipeline = () =>
  withScratch(async (scratch) => {
    const { identity } = await makeSampleDataset(scratch.owner, 1);
    const worker = await startWorkerProcess(scratch);
    try {
      const results = [];
      for (const rows of sizes) results.push(await measure(scratch, identity, rows));
      const [few, many] = results;
      if (!few || !many) throw new Error('nothing was measured');
      return {
        ...many.against,
        secondsPerStep: many.secondsPerStep,
        fixed: { ...few.against, secondsPerStep: few.secondsPerStep },
        sizes: { rows: sizes[1], fewRows: sizes[0], customers, steps: 3, rounds },
      };
    } finally {
      worker.kill('SIGTERM');
      await once(worker, 'exit');
    }
  });

async function measure(scratch: Scratch, identity: Member, rows: number) {
  const pipelineId = await makePipeline(scratch, identity, rows);
  await using direct = await openDirect(rows);
  const taken = { ours: [] as number[], direct: [] as number[], waiting: [] as number[] };
  for (let round = 0; round <= rounds; round += 1) {
    const bare = await seconds(direct.run);
    let done: RunWithSteps | undefined;
    const ours = await seconds(async () => {
      done = await runToEnd(scratch, identity, pipelineId);
    });
    const found = done?.steps.at(-1)?.rows;
    if (done?.state !== 'succeeded' || found !== (await direct.regions()))
      throw new Error(`the run ${done?.state} with ${found} rows: ${JSON.stringify(done?.error)}`);
    if (round === 0) continue;
    taken.ours.push(ours / 3);
    taken.direct.push(bare / 3);
    taken.waiting.push(waitingOf(done) / 3);
    process.stderr.write('.');
  }
  process.stderr.write('\n');
  const shown = (all: readonly number[]) => Number(median(all).toPrecision(3));
  return {
    against: paired(taken.ours, taken.direct),
    secondsPerStep: { run: shown(taken.ours), direct: shown(taken.direct), inQueue: shown(taken.waiting) },
  };
}

/** Between being queued and being begun, of all steps. */
const waitingOf = ({ steps }: RunWithSteps): number =>
  steps.reduce(
    (sum, { queuedAt, startedAt }) => sum + (Date.parse(startedAt ?? '') - Date.parse(queuedAt ?? '')) / 1000,
    0,
  );

async function runToEnd({ api }: Scratch, identity: Member, pipelineId: string): Promise<RunWithSteps> {
  const { id: runId } = (await act(api, identity, 'runs.launch', { pipelineId })) as { id: string };
  for (;;) {
    const run = (await act(api, identity, 'runs.get', { runId })) as RunWithSteps;
    if (run.state !== 'queued' && run.state !== 'running') return run;
    await sleep(20);
  }
}

/** The same tables in DuckDB's memory. */
async function openDirect(rows: number) {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(
    `create table orders as select n as id, n % ${customers} as customer, (n * 7) % 1000 as amount from range(1, ${rows + 1}) t(n)`,
  );
  await connection.run(
    `create table customers as select n as id, 'region ' || n % 12 as region from range(${customers}) t(n)`,
  );
  return {
    async run() {
      for (const [name, sql] of Object.entries(sqls)) await connection.run(`create or replace table ${name} as ${sql}`);
    },
    regions: async () => (await connection.runAndReadAll('select * from totals')).currentRowCount,
    async [Symbol.asyncDispose]() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

async function makePipeline(scratch: Scratch, identity: Member, rows: number): Promise<string> {
  const { api, owner, folder } = scratch;
  const load = async (name: string, header: string, lines: readonly string[]) => {
    const file = path.join(folder, `${name} of ${rows}.csv`);
    await writeFile(file, `${header}\n${lines.join('\n')}\n`);
    const [uploadId = ''] = await putOriginal(scratch, identity, file, 1);
    return { datasetId: (await loadByWorker(scratch, identity, uploadId, lines.length)).datasetId };
  };
  const target = async (name: string) => {
    const made = (await act(api, identity, 'datasets.create', { name: `${name} of ${rows}` })) as {
      dataset: { id: string };
    };
    return { datasetId: made.dataset.id };
  };
  const edge = async (name: keyof typeof sqls, inputs: object, output: object): Promise<string> => {
    const ports = Object.entries(inputs).map(([port, of]) => ({ name: port, columns: of }));
    const made = (await act(api, identity, 'edges.create', {
      name: `${name} of ${rows}`,
      inputs: ports,
      outputs: [{ name: 'out', columns: output }],
      implementation: { kind: 'sql', sql: sqls[name] },
    })) as { id: string };
    await owner.query(
      `insert into edge_verifications (tenant_id, edge_id, edge_version_id, requested_by, status, verified_by, verified_at)
       select tenant_id, edge_id, id, created_by, 'passed', created_by, now() from edge_versions where edge_id = $1`,
      [made.id],
    );
    return made.id;
  };
  const numbers = (from: number, many: number) => Array.from({ length: many }, (_, index) => from + index);
  const orders = await load(
    'orders',
    'id,customer,amount',
    numbers(1, rows).map((id) => `${id},${id % customers},${(id * 7) % 1000}`),
  );
  const people = await load(
    'customers',
    'id,region',
    numbers(0, customers).map((id) => `${id},region ${id % 12}`),
  );
  const [clean, joined, totals] = [await target('clean'), await target('joined'), await target('totals')];
  const ids = [
    await edge('clean', { orders: columns.orders }, columns.orders),
    await edge('joined', { clean: columns.orders, customers: columns.customers }, columns.joined),
    await edge('totals', { joined: columns.joined }, columns.totals),
  ];
  const steps = [
    { name: 'clean', edgeId: ids[0], inputs: { orders }, output: clean },
    { name: 'joined', edgeId: ids[1], inputs: { clean, customers: people }, output: joined },
    { name: 'totals', edgeId: ids[2], inputs: { joined }, output: totals },
  ];
  const made = (await act(api, identity, 'pipelines.create', { name: `bench ${rows}`, steps })) as { id: string };
  return made.id;
}
