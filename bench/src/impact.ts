import type { Member } from '@granary/db';
import { CatalogueMemory, executeAction, impactOf } from '@granary/domain';
import type pg from 'pg';
import { paired } from './measure.ts';
import { withScratch } from './scratch.ts';

const blocks = 50_000;
const edges = 50_000;
const arcs = 500_000;
const rounds = 7;
/** The most that one question is answered with. */
const most = 10_000;

/**
 * What a change of a block reaches in a catalogue of 100,000 things and 500,000 arcs, by the action, with every path explained, against
 * the same search in memory over adjacency lists that were made before. And the whole catalogue, by the function of the database.
 */
export const impact = () =>
  withScratch(async ({ owner, api }) => {
    const { identity, ids } = await fillCatalogue(owner);
    const neighbours = await readArcs(owner);
    const dependencies = { database: api, catalogue: new CatalogueMemory() };
    const rates = {
      product: [] as number[],
      memory: [] as number[],
      whole: [] as number[],
      wholeInMemory: [] as number[],
    };
    for (let round = 0; round <= rounds; round += 1) {
      const start = ids[(round * 7919) % ids.length] ?? '';
      const product = await timed(async () => {
        const input = { entityType: 'block', entityId: start, most, deepest: 1000 };
        return impactOf.output.parse(await executeAction(dependencies, impactOf, identity, input)).items.length;
      });
      const memory = await timed(async () => search(neighbours, start, most));
      const whole = await timed(() => walkAll(owner, identity, start));
      const wholeInMemory = await timed(async () => search(neighbours, start, Number.MAX_SAFE_INTEGER));
      if (product.found !== memory.found || whole.found !== wholeInMemory.found)
        throw new Error(
          `found ${product.found} and ${whole.found}, in memory ${memory.found} and ${wholeInMemory.found}`,
        );
      if (round === 0) continue;
      rates.product.push(1 / product.seconds);
      rates.memory.push(1 / memory.seconds);
      rates.whole.push(1 / whole.seconds);
      rates.wholeInMemory.push(1 / wholeInMemory.seconds);
      process.stderr.write('.');
    }
    process.stderr.write('\n');
    const seconds = (all: readonly number[]) =>
      Number((1 / (all.toSorted((a, b) => a - b)[all.length >> 1] ?? 1)).toFixed(4));
    return {
      ...paired(rates.product, rates.memory),
      whole: paired(rates.whole, rates.wholeInMemory),
      seconds: {
        product: seconds(rates.product),
        memory: seconds(rates.memory),
        whole: seconds(rates.whole),
        wholeInMemory: seconds(rates.wholeInMemory),
      },
      sizes: { entities: blocks + edges, arcs, most, rounds },
    };
  });

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

async function readArcs(owner: pg.Pool): Promise<Neighbours> {
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

/** Blocks and edges joined at random: 200,000 arcs into edges, 200,000 out of them, and 100,000 dependencies. */
async function fillCatalogue(owner: pg.Pool) {
  const person = await owner.query(`insert into users (email, name) values ('a@bench.example', 'a') returning id`);
  const userId: string = person.rows[0].id;
  const made = await owner.query(`select app.create_organization('bench', $1) as id`, [userId]);
  const tenantId: string = made.rows[0].id;
  const run = (sql: string) =>
    owner.query(sql.replaceAll(':tenant', `'${tenantId}'::uuid`).replaceAll(':user', `'${userId}'::uuid`));
  await run(
    `insert into blocks (tenant_id, name, block_type, owner_id) select :tenant, 'b' || n, 'model', :user from generate_series(1, ${blocks}) n`,
  );
  await run(`insert into block_versions (tenant_id, block_id, block_type, number, digest, created_by)
    select tenant_id, id, block_type, 1, repeat('0', 64), :user from blocks`);
  await run(`update blocks b set current_version_id = v.id from block_versions v where v.block_id = b.id`);
  await run(
    `insert into edges (tenant_id, name, owner_id) select :tenant, 'e' || n, :user from generate_series(1, ${edges}) n`,
  );
  await run(`insert into edge_versions (tenant_id, edge_id, number, inputs, outputs, kind, sql, digest, created_by)
    select tenant_id, id, 1, '[]', '[{"name": "p", "columns": []}]', 'sql', 'x', repeat('0', 64), :user from edges`);
  await run(`update edges e set current_version_id = v.id from edge_versions v where v.edge_id = e.id`);
  await run(`create table numbered as
    select row_number() over (order by b.id) - 1 as n, b.id as block_id, b.current_version_id as block_version, null::uuid as edge_id, null::uuid as edge_version from blocks b
    union all select row_number() over (order by e.id) - 1 + ${blocks}, null, null, e.id, e.current_version_id from edges e`);
  await run('create index on numbered (n)');
  for (const direction of ['input', 'output'])
    await run(`insert into edge_bindings (tenant_id, edge_id, edge_version_id, direction, port, block_id, block_port, block_version_id)
      select :tenant, e.edge_id, e.edge_version, '${direction}', 'p' || k, b.block_id, 'p', b.block_version
      from generate_series(0, ${edges - 1}) i cross join generate_series(0, 3) k
      join numbered e on e.n = ${blocks} + i
      join numbered b on b.n = (i::bigint * ${direction === 'input' ? 7919 : 104729} + k * 12343 + i % 97) % ${blocks}`);
  await run(`insert into dependencies (tenant_id, block_id, dependency_type, target_block_id, created_by)
    select :tenant, a.block_id, 'internal', b.block_id, :user from generate_series(0, ${blocks - 1}) i cross join generate_series(1, 2) k
    join numbered a on a.n = i join numbered b on b.n = (i::bigint * 31 + k * 17 + 5) % ${blocks} and b.n <> i on conflict do nothing`);
  // those that would have been their own, or twice the same
  await run(`insert into dependencies (tenant_id, edge_id, dependency_type, target_edge_id, created_by)
    select :tenant, a.edge_id, 'internal', b.edge_id, :user
    from generate_series(1, ${arcs} - (select count(*) from dependencies) - (select count(*) from edge_bindings)) i
    join numbered a on a.n = ${blocks} + i join numbered b on b.n = ${blocks} + i + 1`);
  await owner.query('analyze');
  const { rows } = await owner.query<{ id: string }>('select id from blocks order by id');
  return { identity: { userId, tenantId }, ids: rows.map(({ id }) => id) };
}
