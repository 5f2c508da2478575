import type { ChildProcess } from 'node:child_process';
import type { TestDatabase } from '@granary/db/testing';
import { publishVersion } from '@granary/domain/testing';
import { expect } from 'vitest';
import { createLoadHarness } from './load-harness.ts';

interface Step {
  name: string;
  state: string;
  attempt: number;
  rows: number | null;
  datasetId: string;
  versionId: string | null;
  blockId: string | null;
  blockVersion: number | null;
}
interface RunOutput {
  id: string;
  state: string;
  error: unknown;
  steps: Step[];
}
type Column = readonly [name: string, type: 'bigint' | 'text' | 'numeric'];

/** A catalogue with orders and customers, and what tests of pipelines ask for. */
export async function createCatalogue(database: TestDatabase) {
  const owner = database.pool('postgres');
  const harness = await createLoadHarness(owner, database.pool('granary_api'), database.url('granary_worker'));
  const { act, identity } = harness;
  let running: ChildProcess | null = null;

  const target = async (name: string) =>
    (await act<{ dataset: { id: string } }>('datasets.create', { name })).dataset.id;
  const newDataset = async (
    name: string,
    columns: readonly Column[],
    rows: readonly (readonly (string | null)[])[],
  ) => {
    const datasetId = await target(name);
    const table = { columns: columns.map(([column, type]) => ({ name: column, type })), rows };
    const { versionId } = await publishVersion(owner, { ...identity, datasetId }, table);
    return { datasetId, versionId };
  };
  const verify = async (edgeId: string, asked: object) => {
    const { id } = await act<{ id: string }>('edges.verify', { edgeId, version: 1, ...asked });
    const found = async () =>
      (await act<{ id: string; status: string }[]>('edges.verifications', { edgeId })).find((each) => each.id === id);
    await expect.poll(async () => (await found())?.status).not.toBe('pending');
    return found();
  };
  const edge = async (
    name: string,
    inputs: object[],
    output: object,
    sql: string,
    rows: object | Record<string, object>,
  ) => {
    const { id } = await act<{ id: string }>('edges.create', {
      name,
      inputs,
      outputs: [output],
      implementation: { kind: 'sql', sql },
    });
    const given = 'rows' in rows ? { rows } : rows;
    expect(await verify(id, { inputs: given })).toMatchObject({ status: 'passed' });
    return id;
  };
  const run = (runId: string) => act<RunOutput>('runs.get', { runId });
  const port = (name: string, ...columns: Column[]) => ({
    name,
    columns: columns.map(([column, type]) => ({ name: column, type, nullable: true })),
  });

  const { datasetId: orders } = await newDataset(
    'orders',
    [
      ['id', 'bigint'],
      ['customer', 'bigint'],
      ['amount', 'numeric'],
    ],
    [
      ['1', '10', '10.50'],
      ['2', '10', '20.00'],
      ['3', '11', '5.00'],
      ['4', '11', null],
    ],
  );
  const { datasetId: customers } = await newDataset(
    'customers',
    [
      ['id', 'bigint'],
      ['region', 'text'],
    ],
    [
      ['10', 'north'],
      ['11', 'south'],
    ],
  );

  return {
    ...harness,
    owner,
    orders,
    customers,
    target,
    newDataset,
    verify,
    edge,
    run,
    /** Starts a worker that is killed at a step; without one, the one that runs already if there is one. */
    worker(killAt?: string): ChildProcess {
      if (killAt === undefined && running && running.exitCode === null && running.signalCode === null) return running;
      const { child } = harness.startWorker(killAt);
      if (killAt === undefined) running = child;
      return child;
    },
    async runEnded(runId: string): Promise<RunOutput> {
      await expect.poll(async () => (await run(runId)).state).toMatch(/succeeded|failed|cancelled/);
      return run(runId);
    },
    /** From now on the step `clean` writes a block, which is this one. */
    async withBlock(pipelineId: string): Promise<string> {
      type Said = {
        name: string;
        edgeId: string;
        inputs: { port: string; datasetId: string }[];
        output: { datasetId: string };
      };
      const { name, current } = await act<{ name: string; current: { steps: Said[] } }>('pipelines.get', {
        pipelineId,
      });
      const datasetId = current.steps.find((step) => step.name === 'clean')?.output.datasetId ?? '';
      const columns = [
        { name: 'customer', type: 'bigint' as const },
        { name: 'amount', type: 'numeric' as const },
      ];
      await publishVersion(owner, { ...identity, datasetId }, { columns, rows: [] });
      const { id: blockId } = await act<{ id: string }>('blocks.create', {
        name: `${name} cleaned`,
        blockType: 'dataset',
        datasetId,
      });
      const steps = current.steps.map((step) => ({
        name: step.name,
        edgeId: step.edgeId,
        inputs: Object.fromEntries(step.inputs.map((input) => [input.port, { datasetId: input.datasetId }])),
        output: step.name === 'clean' ? { blockId } : { datasetId: step.output.datasetId },
      }));
      await act('pipelines.addVersion', { pipelineId, revision: null, steps });
      return blockId;
    },
    async cleanJoinAggregate(name: string): Promise<string> {
      const cleaned: Column[] = [
        ['customer', 'bigint'],
        ['amount', 'numeric'],
      ];
      const clean = await edge(
        `${name} clean`,
        [port('orders', ...cleaned)],
        port('cleaned', ...cleaned),
        'select customer, amount from orders where amount is not null',
        { orders: { rows: [{ customer: 1, amount: 2.5 }, { customer: 1 }] } },
      );
      const join = await edge(
        `${name} join`,
        [port('orders', ...cleaned), port('customers', ['id', 'bigint'], ['region', 'text'])],
        port('joined', ['region', 'text'], ['amount', 'numeric']),
        'select c.region, o.amount from orders o join customers c on c.id = o.customer',
        { orders: { rows: [{ customer: 1, amount: 2.5 }] }, customers: { rows: [{ id: 1, region: 'x' }] } },
      );
      const total = await edge(
        `${name} total`,
        [port('joined', ['region', 'text'], ['amount', 'numeric'])],
        port('totals', ['region', 'text'], ['orders', 'bigint'], ['total', 'numeric']),
        'select region, count(*) as orders, sum(amount) as total from joined group by region order by region',
        { joined: { rows: [{ region: 'x', amount: 2.5 }] } },
      );
      const [first, second, third] = [
        await target(`${name} cleaned`),
        await target(`${name} joined`),
        await target(`${name} totals`),
      ];
      const { id } = await act<{ id: string }>('pipelines.create', {
        name,
        steps: [
          { name: 'totals', edgeId: total, inputs: { joined: { datasetId: second } }, output: { datasetId: third } },
          {
            name: 'joined',
            edgeId: join,
            inputs: { orders: { datasetId: first }, customers: { datasetId: customers } },
            output: { datasetId: second },
          },
          { name: 'clean', edgeId: clean, inputs: { orders: { datasetId: orders } }, output: { datasetId: first } },
        ],
      });
      return id;
    },
  };
}
export type CataloguePart = Awaited<ReturnType<typeof createCatalogue>>;
