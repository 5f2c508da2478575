import { withClient } from '@granary/db';

export interface StoredSnapshots {
  readonly plugins: number;
  readonly days: number;
  readonly categories: number;
}

/**
 * Fills a migrated database with plugins of one marketplace that were read every day, in the order in which they would have
 * come: day by day. Foreign keys are not asked for each row, which the measured queries do not notice.
 */
export async function storeSnapshots(administratorUrl: string, size: StoredSnapshots): Promise<void> {
  await withClient(administratorUrl, async (client) => {
    await client.query(
      `set session_replication_role = replica; set statement_timeout = 0; set maintenance_work_mem = '256MB'`,
    );
    await client.query(
      `insert into plugins (marketplace, external_id, state, name, categories, users, users_at_least, metric, rating, rating_count,
         rating_count_at_least, first_seen_at, last_seen_at, field_times)
       select 'bench', 'plugin-' || n, 'available', 'Plugin number ' || n, array['category-' || n % $2], (n * 7919) % 1000000, false, 'installs',
         (n % 50) / 10.0, n % 3000, false, now(), now(), '{}' from generate_series(1, $1::int) n`,
      [size.plugins, size.categories],
    );
    await client.query(
      `insert into plugin_labels (plugin_id, kind, label, marketplace)
       select id, 'category', categories[1], marketplace from plugins where marketplace = 'bench'`,
    );
    await client.query(
      `create temporary table numbered as select id, row_number() over () as n from plugins where marketplace = 'bench'`,
    );
    const perStatement = 100; // days
    for (let first = 0; first < size.days; first += perStatement) {
      await client.query(
        `insert into plugin_snapshots (plugin_id, capture_id, captured_at, day, state, users, users_at_least, metric, rating, rating_count,
           rating_count_at_least, origin, parser_name, parser_version, version)
         select id, id, day::timestamp at time zone 'UTC', day, 'available', ((n * 7919) % 1000000) * (1 + ago / 5000.0), false, 'installs',
           (n % 50) / 10.0, n % 3000, false, 'live', 'bench', 1, '1.0.' || ago
         from generate_series($1::int, $2::int) ago
         cross join lateral (select ((now() at time zone 'UTC')::date - $3::int + ago) as day) d
         cross join numbered`,
        [first, Math.min(first + perStatement, size.days) - 1, size.days],
      );
      process.stderr.write('.');
    }
    await client.query('vacuum (analyze) plugin_snapshots');
    await client.query('vacuum (analyze) plugins');
    await client.query('vacuum (analyze) plugin_labels');
    process.stderr.write('\n');
  });
}
