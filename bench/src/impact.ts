import { parseArgs } from 'node:util';
import type { Member } from '@granary/db';
import { CatalogueMemory, executeAction, impactOf } from '@granary/domain';
import type pg from 'pg';
import { median, paired } from './measure.ts';
import { withScratch } from './scratch.ts';
import { storeCatalogue } from './stored-catalogue.ts';

/** What one question is answered with: as many as by default, and as many as one may ask for. */
const fewest = 1000;
const most = 10_000;
/** All of it was checked by the action already. */
const answer = impactOf.output.pick({ owners: true });

/**
 * What a change of a block reaches in a catalogue of 100,000 things and 500,000 arcs, by the action, with the paths explained, against
 * the same search in memory over adjacency lists that were made before. And the whole catalogue, by the function of the database.
 * `--entities`, `--arcs` and `--rounds` make it smaller.
 */
export const impact = (flags: string[]) => {
  const { entities, arcs, rounds } = sizesOf(flags);
  return withScratch(async ({ owner, administratorUrl, api }) => {
    const filling = performance.now();
    const { identity, ids } = await storeCatalogue(owner, administratorUrl, { entities, arcs });
    process.stderr.write(`filled in ${Math.round((performance.now() - filling) / 1000)} s\n`);
    const neighbours = await readArcs(owner, arcs);
    const dependencies = { database: api, catalogue: new CatalogueMemory() };
    const ask = async (start: string, limit: number) => {
      const input = { entityType: 'block', entityId: start, most: limit, deepest: 1000 };
      const { owners } = answer.parse(await executeAction(dependencies, impactOf, identity, input));
      return owners.reduce((sum, { items }) => sum + items, 0);
    };
    const everything = Number.MAX_SAFE_INTEGER;
    const methods = {
      default: { ours: (start: string) => ask(start, fewest), limit: fewest },
      most: { ours: (start: string) => ask(start, most), limit: most },
      whole: { ours: (start: string) => walkAll(owner, identity, start), limit: everything },
    };
    const seconds = {
      default: { ours: [] as number[], inMemory: [] as number[] },
      most: { ours: [] as number[], inMemory: [] as number[] },
      whole: { ours: [] as number[], inMemory: [] as number[] },
    };
    for (let round = 0; round <= rounds; round += 1) {
      const start = ids[(round * 7919) % ids.length] ?? '';
      for (const name of ['default', 'most', 'whole'] as const) {
        const { ours, limit } = methods[name];
        const here = await timed(() => ours(start));
        const inMemory = await timed(async () => search(neighbours, start, limit));
        if (here.found !== inMemory.found) throw new Error(`found ${here.found}, in memory ${inMemory.found}`);
        if (round === 0) continue; // the first one plans
        seconds[name].ours.push(here.seconds);
        seconds[name].inMemory.push(inMemory.seconds);
      }
      process.stderr.write('.');
    }
    process.stderr.write('\n');
    const figures = (name: keyof typeof seconds) => ({
      ...paired(seconds[name].inMemory, seconds[name].ours),
      milliseconds: thousandth(seconds[name].ours),
      inMemory: thousandth(seconds[name].inMemory),
    });
    const { ratio, spread, ...rest } = figures('most');
    return {
      ratio,
      spread,
      most: rest,
      default: figures('default'),
      whole: figures('whole'),
      sizes: { entities, arcs, default: fewest, most, rounds },
    };
  });
};

function sizesOf(args: string[]) {
  const { values } = parseArgs({
    args,
    options: {
      entities: { type: 'string', default: '100000' },
      arcs: { type: 'string', default: '500000' },
      rounds: { type: 'string', default: '7' },
      json: { type: 'boolean' },
    },
  });
  return { entities: Number(values.entities), arcs: Number(values.arcs), rounds: Number(values.rounds) };
}

const thousandth = (values: readonly number[]): number => Number((median(values) * 1000).toPrecision(3));

async function timed(work: () => Promise<number>): Promise<{ found: number; seconds: number }> {
  const started = performance.now();
  const found = await work();
  return { found, seconds: (performance.now() - started) / 1000 };
}

type Neighbours = ReadonlyMap<string, readonly string[]>;

/** How many things are reached, nearest first, `limit` of them at most. */
function search(neighbours: Neighbours, start: string, limit: number): number {
  const seen = new Set([start]);
  for (const id of seen) {
    for (const next of neighbours.get(id) ?? []) {
      if (seen.size > limit) return limit;
      seen.add(next);
    }
  }
  return Math.min(seen.size - 1, limit);
}

async function walkAll(owner: pg.Pool, { userId, tenantId }: Member, start: string): Promise<number> {
  const client = await owner.connect();
  try {
    await client.query('begin');
    await client.query(`select set_config('request.jwt.claims', $1, true)`, [
      JSON.stringify({ sub: userId, tenant_id: tenantId }),
    ]);
    const { rows } = await client.query(
      `select count(*)::int as found from app.impact_of('block', $1, null, 1000000, 1000)`,
      [start],
    );
    return rows[0].found;
  } finally {
    await client.query('rollback');
    client.release();
  }
}

async function readArcs(owner: pg.Pool, arcs: number): Promise<Neighbours> {
  const { rows } = await owner.query<{ source: string; target: string }>(
    `select case direction when 'input' then block_id else edge_id end as source, case direction when 'input' then edge_id else block_id end as target
       from edge_bindings
     union all select coalesce(target_block_id, target_edge_id), coalesce(block_id, edge_id) from dependencies`,
  );
  if (rows.length !== arcs) throw new Error(`${rows.length} arcs`);
  const neighbours = new Map<string, string[]>();
  for (const { source, target } of rows) {
    const list = neighbours.get(source);
    if (list) list.push(target);
    else neighbours.set(source, [target]);
  }
  return neighbours;
}
