import { CatalogueMemory } from '@granary/domain';
import { act } from './loading.ts';
import { paired } from './measure.ts';
import { makeSampleDataset } from './sample-dataset.ts';
import { type Scratch, withScratch } from './scratch.ts';

const few = 1_000;
const many = 10_000_000;
const pageRows = 50;
const requests = 400;
const rounds = 7;

interface Rows {
  readonly nextCursor: string | null;
}
type Order = readonly { readonly column: string; readonly direction?: 'asc' | 'desc' }[];
type Request = () => Promise<unknown>;

/** Orders and where in them to begin: `score` as the rows lie, `day` scattered over the table, each with 27,000 ties. */
const orders = {
  key: {
    order: [],
    begin: (share: number, rows: number) => ({ column: 'rowid', op: 'gte', value: 1 + Math.floor(share * rows * 0.9) }),
  },
  indexed: {
    order: [{ column: 'score' }],
    begin: (share: number, rows: number) => ({
      column: 'score',
      op: 'gte',
      value: Math.floor((share * rows * 0.9) / 7),
    }),
  },
  indexedDescending: {
    order: [{ column: 'day', direction: 'desc' }],
    begin: (share: number) => {
      const day = new Date(Date.UTC(2026, 0, 40 + Math.floor(share * 320)));
      return { column: 'day', op: 'lte', value: day.toISOString().slice(0, 10) };
    },
  },
} as const satisfies Record<string, { order: Order; begin: (share: number, rows: number) => object }>;

/** p95 of each kind of read of 10M rows against the same of 1k rows, at random depths; the worst of the kinds. */
export const page = () =>
  withScratch(async (scratch) => {
    const small = await prepare(scratch, few);
    const large = await prepare(scratch, many);
    const kinds = Object.keys(small) as (keyof typeof small)[];
    const measured = Object.fromEntries(kinds.map((kind) => [kind, { small: [] as number[], large: [] as number[] }]));
    for (let round = 0; round <= rounds; round += 1) {
      for (const kind of kinds) {
        const pair = { small: await p95(small[kind]), large: await p95(large[kind]) };
        if (round === 0) continue;
        measured[kind]?.small.push(pair.small);
        measured[kind]?.large.push(pair.large);
      }
      process.stderr.write('.');
    }
    process.stderr.write('\n');
    const ratios = kinds.map((kind) => {
      const { small: one = [], large: other = [] } = measured[kind] ?? {};
      const milliseconds = { small: Number(Math.min(...one).toFixed(2)), large: Number(Math.min(...other).toFixed(2)) };
      return { kind, ...paired(other, one), bestP95Milliseconds: milliseconds };
    });
    const worst = ratios.reduce((one, other) => (other.ratio > one.ratio ? other : one));
    return {
      ratio: worst.ratio,
      spread: worst.spread,
      kinds: Object.fromEntries(ratios.map(({ kind, ...figures }) => [kind, figures])),
      sizes: { few, many, pageRows, requests },
      target: 1.3,
    };
  });

async function p95(requestsOfKind: readonly Request[]): Promise<number> {
  const taken: number[] = [];
  for (const request of requestsOfKind) {
    const started = performance.now();
    await request();
    taken.push(performance.now() - started);
  }
  taken.sort((a, b) => a - b);
  return taken[Math.floor(taken.length * 0.95)] ?? Number.NaN;
}

/**
 * A dataset of so many rows with two indexed columns, and the requests for it. The rows are made by one statement in the
 * version's table, because reading them from a file is what the bench `load` measures.
 */
async function prepare({ owner, api }: Scratch, rows: number): Promise<Record<'row' | keyof typeof orders, Request[]>> {
  process.stderr.write(`${rows} rows … `);
  const { identity, datasetId, versionId } = await makeSampleDataset(owner, rows);
  for (const column of ['score', 'day']) await act(api, identity, 'datasets.index', { datasetId, column });
  await owner.query('select app.index_version($1)', [versionId]);
  await owner.query('vacuum analyze');
  const catalogue = new CatalogueMemory();
  const read = (input: object) =>
    act(api, identity, 'datasets.rows', { datasetId, ...input }, catalogue) as Promise<Rows>;
  const random = randomShares();
  const row = Array.from({ length: requests }, () => {
    const value = 1 + Math.floor(random() * rows);
    return () => read({ filter: { column: 'rowid', op: 'eq', value }, limit: 1 });
  });
  return {
    row,
    key: await pages(read, random, rows, 'key'),
    indexed: await pages(read, random, rows, 'indexed'),
    indexedDescending: await pages(read, random, rows, 'indexedDescending'),
  };
}

/** Pages that begin at random places, by cursors that earlier pages gave. */
async function pages(
  read: (input: object) => Promise<Rows>,
  random: () => number,
  rows: number,
  kind: keyof typeof orders,
): Promise<Request[]> {
  const { order, begin } = orders[kind];
  const made: Request[] = [];
  for (let index = 0; index < requests; index += 1) {
    const { nextCursor } = await read({ order, filter: begin(random(), rows), limit: 1 });
    if (nextCursor === null) throw new Error('a page in the midst of the rows was the last one');
    made.push(() => read({ order, cursor: nextCursor, limit: pageRows }));
  }
  return made;
}

function randomShares(): () => number {
  let state = 42;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
