import { type Member, withClient } from '@granary/db';
import type pg from 'pg';

export interface StoredCatalogue {
  /** Half of them blocks, half of them edges. */
  readonly entities: number;
  readonly arcs: number;
}

/**
 * Fills a migrated database with blocks and edges that are joined at random: of the arcs two in five go into edges, two out of them, and
 * the others are dependencies. Gives the blocks in the order of their ids. Foreign keys and search are not asked for each row, which the
 * measured question does not notice.
 */
export async function storeCatalogue(
  owner: pg.Pool,
  administratorUrl: string,
  { entities, arcs }: StoredCatalogue,
): Promise<{ identity: Member; ids: string[] }> {
  const person = await owner.query(`insert into users (email, name) values ('a@bench.example', 'a') returning id`);
  const userId: string = person.rows[0].id;
  const made = await owner.query(`select app.create_organization('bench', $1) as id`, [userId]);
  const tenantId: string = made.rows[0].id;
  const half = Math.floor(entities / 2);
  const portsEach = Math.max(1, Math.round((arcs * 2) / 5 / half));
  const statements = `
    set session_replication_role = replica; set statement_timeout = 0;
    insert into blocks (tenant_id, name, block_type, owner_id)
      select :tenant, 'b' || n, 'model', :user from generate_series(1, ${half}) n;
    insert into block_versions (tenant_id, block_id, block_type, number, digest, created_by)
      select tenant_id, id, block_type, 1, repeat('0', 64), :user from blocks;
    update blocks b set current_version_id = v.id from block_versions v where v.block_id = b.id;
    insert into edges (tenant_id, name, owner_id) select :tenant, 'e' || n, :user from generate_series(1, ${half}) n;
    insert into edge_versions (tenant_id, edge_id, number, inputs, outputs, kind, sql, digest, created_by)
      select tenant_id, id, 1, '[]', '[{"name": "p", "columns": []}]', 'sql', 'x', repeat('0', 64), :user from edges;
    update edges e set current_version_id = v.id from edge_versions v where v.edge_id = e.id;
    create temporary table b as select row_number() over (order by id) - 1 as n, id, current_version_id as version from blocks;
    create temporary table e as select row_number() over (order by id) - 1 as n, id, current_version_id as version from edges;
    analyze b, e;
    ${(
      [
        ['input', 7919],
        ['output', 104_729],
      ] as const
    )
      .map(
        ([direction, step]) => `
    insert into edge_bindings (tenant_id, edge_id, edge_version_id, direction, port, block_id, block_port, block_version_id)
      select :tenant, e.id, e.version, '${direction}', 'p' || k, b.id, 'p', b.version
      from e cross join generate_series(0, ${portsEach - 1}) k join b on b.n = (e.n * ${step} + k * 12343 + e.n % 97) % ${half};`,
      )
      .join('')}
    insert into dependencies (tenant_id, block_id, dependency_type, target_block_id, created_by)
      select :tenant, a.id, 'internal', c.id, :user from b a cross join generate_series(1, 2) k
      join b c on c.n = (a.n * 31 + k * 17 + 5) % ${half} and c.n <> a.n
      limit greatest(${arcs} - (select count(*) from edge_bindings), 0) on conflict do nothing;
    -- instead of those that would have been their own, or twice the same
    insert into dependencies (tenant_id, edge_id, dependency_type, target_edge_id, created_by)
      select :tenant, a.id, 'internal', c.id, :user from e a join e c on c.n = a.n + 1
      order by a.n limit greatest(${arcs} - (select count(*) from dependencies) - (select count(*) from edge_bindings), 0);`;
  await withClient(administratorUrl, async (client) => {
    await client.query(
      statements.replaceAll(':tenant', `'${tenantId}'::uuid`).replaceAll(':user', `'${userId}'::uuid`),
    );
    await client.query('vacuum (analyze) blocks, block_versions, edges, edge_versions, edge_bindings, dependencies');
  });
  const { rows } = await owner.query<{ id: string }>('select id from blocks order by id');
  return { identity: { userId, tenantId }, ids: rows.map(({ id }) => id) };
}
