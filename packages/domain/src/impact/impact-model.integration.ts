import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createBlock } from '../blocks/create-block.ts';
import { shareDataset } from '../datasets/share-dataset.ts';
import { dependenciesOf } from '../isolation/populate.ts';
import { createDatasetCaller } from '../testing/dataset-caller.ts';
import { impactOf } from './impact-of.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const { as, tenantId } = await createTestOrganization(owner, 'model');
const { call, newDataset } = createDatasetCaller(dependenciesOf(database), owner, as.editor);
const { userId } = as.editor;

// Of ten places, 0 to 7 are blocks where even, edges where odd; 0 and 2 are blocks of the datasets 8 and 9, and the caller may not read 9.
const [visibleBlock, hiddenBlock, visible, hidden] = [0, 2, 8, 9];
const isEdge = (at: number) => at % 2 === 1 && at < visible;
const pipelinePlace = (at: number) => 10 + at;
const datasets = await Promise.all(
  ['visible', 'hidden'].map(async (name) => {
    const { datasetId } = await newDataset(name, { columns: [{ name: 'id', type: 'bigint' }], rows: [] });
    return { datasetId, blockId: (await call(createBlock, { name, blockType: 'dataset', datasetId })).id };
  }),
);
await call(shareDataset, { datasetId: datasets[0]!.datasetId, userId: as.colleague.userId });

/** Of an edge's versions one is current, one has a name, and one has neither. */
const versions = ['unnamed', 'named', 'current'] as const;
const graph = fc.record({
  start: fc.nat({ max: 12 }),
  most: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.constant(1000)),
  arcs: fc.uniqueArray(
    fc.record({
      from: fc.nat({ max: 9 }),
      to: fc.nat({ max: 7 }),
      version: fc.oneof(fc.constant('current' as const), fc.constantFrom(...versions)),
    }),
    { maxLength: 24, selector: ({ from, to }) => `${from}>${to}` },
  ),
  pipelines: fc.array(
    fc.record({
      edge: fc.nat({ max: 3 }).map((at) => at * 2 + 1),
      uses: fc.nat({ max: 3 }).map((at) => at * 2),
      source: fc.constantFrom(visible, visible, hidden),
      target: fc.constantFrom(visible, visible, hidden),
      isCurrent: fc.boolean(),
    }),
    { maxLength: 3 },
  ),
});
type Graph = typeof graph extends fc.Arbitrary<infer G> ? G : never;
type Arc = Graph['arcs'][number];
type Pipeline = Graph['pipelines'][number];

const isJoint = ({ from, to }: Arc) => from < visible && isEdge(from) !== isEdge(to);

/** What leads on, and where nobody may look. An edge is hidden that any version of it ties to what is hidden, and so is a pipeline. */
function expectedArcs(start: number, used: readonly Arc[], pipelines: readonly Pipeline[]) {
  const touches = (edge: number) =>
    used.some((arc) => isJoint(arc) && [arc.from, arc.to].includes(edge) && [arc.from, arc.to].includes(hiddenBlock));
  const isHidden = (at: number) => {
    const pipeline = pipelines[at - 10];
    if (pipeline) return pipeline.source === hidden || pipeline.target === hidden;
    return isEdge(at) ? touches(at) : at === hiddenBlock || at === hidden;
  };
  const live = used.filter((arc) => !isJoint(arc) || arc.version !== 'unnamed');
  const all = [
    ...live.map(({ from, to }) => [from, to] as const),
    // what fills a dataset's block changes the dataset, and that its block
    ...live.flatMap(({ from, to }) => (isEdge(from) && to === visibleBlock ? [[from, visible] as const] : [])),
    [visible, visibleBlock] as const,
    ...pipelines.flatMap(({ edge, uses, source, target, isCurrent }, at) => {
      if (!isCurrent) return [];
      const own = start === pipelinePlace(at) ? [[start, target] as const] : [];
      if (isHidden(pipelinePlace(at))) return [];
      return [[source, edge], [edge, target], [edge, pipelinePlace(at)], [uses, pipelinePlace(at)], ...own] as const;
    }),
  ].filter(([from, to]) => !isHidden(from) && !isHidden(to));
  return { all, isHidden };
}

function distances(start: number, arcs: readonly (readonly [number, number])[]): Map<number, number> {
  const found = new Map([[start, 0]]);
  for (const [at, depth] of found)
    for (const [from, to] of arcs) if (from === at && !found.has(to)) found.set(to, depth + 1);
  found.delete(start);
  return found;
}

test('whatever the graph, the walk finds what a search over all arcs does, as near, each by a way that is there', async () => {
  await fc.assert(
    fc.asyncProperty(graph, async ({ start: anywhere, most, arcs, pipelines }) => {
      const start = Math.min(anywhere, 9 + pipelines.length);
      const used = arcs.filter(({ from, to }) => from !== to);
      const ids = await store(used, pipelines);
      const entityType = start > hidden ? 'pipeline' : start >= visible ? 'dataset' : isEdge(start) ? 'edge' : 'block';
      const asked = call(impactOf, { entityType, entityId: ids[start]!, most }, as.colleague);
      const { all, isHidden } = expectedArcs(start, used, pipelines);
      if (isHidden(start)) return void (await expect(asked).rejects.toMatchObject({ kind: 'not_found' }));

      const { items, isComplete } = await asked;
      const expected = distances(start, all);
      expect(items.map(({ depth }) => depth)).toEqual([...expected.values()].slice(0, most));
      expect(isComplete).toBe(expected.size <= most);
      expect(new Set(items.map(({ id }) => id)).size).toBe(items.length);
      for (const { path, depth, id } of items) {
        const way = path?.map((step) => ids.indexOf(step.id ?? '')) ?? [];
        expect(depth).toBe(expected.get(ids.indexOf(id)));
        expect(way).toHaveLength(depth + 1);
        expect(way.at(-1)).toBe(ids.indexOf(id));
        for (const [at, to] of way.slice(1).entries()) expect(all, 'each step is an arc').toContainEqual([way[at], to]);
      }
    }),
    { numRuns: 100 },
  );
});

/** Gives the ids by place. */
async function store(arcs: readonly Arc[], pipelines: readonly Pipeline[]): Promise<string[]> {
  for (const table of ['dependencies', 'pipelines', 'edges'])
    await owner.query(`delete from ${table} where tenant_id = $1`, [tenantId]);
  await owner.query(`delete from blocks where tenant_id = $1 and block_type = 'model'`, [tenantId]);
  const ids: string[] = [];
  for (let at = 0; at < visible; at += 1) {
    const block = at === visibleBlock ? datasets[0] : at === hiddenBlock ? datasets[1] : undefined;
    ids.push(block?.blockId ?? (await (isEdge(at) ? makeEdge(at) : makeBlock(at))));
  }
  ids.push(...datasets.map(({ datasetId }) => datasetId));
  for (const arc of arcs) await (isJoint(arc) ? join(ids, arc) : depend(ids, arc));
  for (const [at, pipeline] of pipelines.entries()) ids.push(await makePipeline(ids, at, pipeline));
  return ids;
}

async function makeBlock(at: number): Promise<string> {
  const { rows } = await owner.query(
    `insert into blocks (tenant_id, name, block_type, owner_id) values ($1, $2, 'model', $3) returning id`,
    [tenantId, `node ${at}`, userId],
  );
  await owner.query(
    `with made as (insert into block_versions (tenant_id, block_id, block_type, number, digest, created_by)
       values ($1, $2, 'model', 1, repeat('0', 64), $3) returning id) select from made`,
    [tenantId, rows[0].id, userId],
  );
  await owner.query(
    `update blocks b set current_version_id = v.id from block_versions v where b.id = $1 and v.block_id = b.id`,
    [rows[0].id],
  );
  return rows[0].id;
}

async function makeEdge(at: number): Promise<string> {
  const { rows } = await owner.query(`insert into edges (tenant_id, name, owner_id) values ($1, $2, $3) returning id`, [
    tenantId,
    `node ${at}`,
    userId,
  ]);
  const id: string = rows[0].id;
  await owner.query(
    `insert into edge_versions (tenant_id, edge_id, number, inputs, outputs, kind, sql, digest, created_by)
     select $1, $2, n, '[{"name": "p", "columns": []}]', '[{"name": "p", "columns": []}]', 'sql', 'x', repeat('0', 64), $3
     from generate_series(1, $4::int) n`,
    [tenantId, id, userId, versions.length],
  );
  await owner.query(
    `update edges e set current_version_id = v.id from edge_versions v where e.id = $1 and v.edge_id = e.id and v.number = $2`,
    [id, versions.indexOf('current') + 1],
  );
  await owner.query(
    `insert into edge_aliases (tenant_id, edge_id, name, version_id, moved_by)
     select tenant_id, edge_id, name, id, created_by from edge_versions, unnest('{production,staging}'::text[]) name
     where edge_id = $1 and number = $2`,
    [id, versions.indexOf('named') + 1],
  );
  return id;
}

async function join(ids: readonly string[], { from, to, version }: Arc): Promise<void> {
  const [edge, block, direction] = isEdge(from) ? [ids[from], ids[to], 'output'] : [ids[to], ids[from], 'input'];
  await owner.query(
    `insert into edge_bindings (tenant_id, edge_id, edge_version_id, direction, port, block_id, block_port, block_version_id)
     select v.tenant_id, v.edge_id, v.id, $3, 'p' || $4::text, b.id, 'p', b.current_version_id
     from edge_versions v, blocks b where v.edge_id = $1 and v.number = $5 and b.id = $2`,
    [edge, block, direction, from, versions.indexOf(version) + 1],
  );
  await owner.query(
    `update edges e set dataset_ids = dataset_ids || b.dataset_id from blocks b where e.id = $1 and b.id = $2 and b.dataset_id is not null`,
    [edge, block],
  );
}

async function depend(ids: readonly string[], { from, to }: Arc): Promise<void> {
  const kind = from >= visible ? 'dataset' : isEdge(from) ? 'edge' : 'block';
  await owner.query(
    `insert into dependencies (tenant_id, ${isEdge(to) ? 'edge' : 'block'}_id, dependency_type, target_${kind}_id, created_by)
     values ($1, $2, 'internal', $3, $4)`,
    [tenantId, ids[to], ids[from], userId],
  );
}

async function makePipeline(
  ids: readonly string[],
  at: number,
  { edge, uses, source, target, isCurrent }: Pipeline,
): Promise<string> {
  const made = await owner.query(
    `insert into pipelines (tenant_id, name, owner_id, created_by, dataset_ids) values ($1, $2, $3, $3, $4) returning id`,
    [tenantId, `pipeline ${at}`, userId, [...new Set([ids[source], ids[target]])]],
  );
  const id: string = made.rows[0].id;
  const version = await owner.query(
    `insert into pipeline_versions (tenant_id, pipeline_id, number, digest, created_by) values ($1, $2, 1, repeat('0', 64), $3) returning id`,
    [tenantId, id, userId],
  );
  const versionId: string = version.rows[0].id;
  await owner.query(
    `insert into pipeline_steps (tenant_id, pipeline_id, version_id, name, position, edge_id, edge_version_id, target_dataset_id)
     select $1, $2, $3, 'step', 0, id, current_version_id, $5 from edges where id = $4`,
    [tenantId, id, versionId, ids[edge], ids[target]],
  );
  await owner.query(
    `insert into pipeline_edges (tenant_id, pipeline_id, version_id, step, port, edge_id, source_dataset_id) values ($1, $2, $3, 'step', 'p', $4, $5)`,
    [tenantId, id, versionId, ids[edge], ids[source]],
  );
  await owner.query(
    `insert into pipeline_blocks (tenant_id, pipeline_id, version_id, block_id) values ($1, $2, $3, $4)`,
    [tenantId, id, versionId, ids[uses]],
  );
  if (isCurrent) await owner.query(`update pipelines set current_version_id = $2 where id = $1`, [id, versionId]);
  return id;
}
