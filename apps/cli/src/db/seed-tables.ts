import type { withClient } from '@granary/db';
import { z } from 'zod';
import { CommandFailure } from '../output/failure.ts';

type Client = Parameters<Parameters<typeof withClient>[1]>[0];

const seedTable = z.object({
  name: z.string(),
  /** Quoted, in the table's order; generated ones apart. */
  columns: z.array(z.string()),
  key: z.array(z.string()),
  refersTo: z.array(z.string()),
});
export type SeedTable = z.output<typeof seedTable>;

const fromMigrations: ReadonlySet<string> = new Set(['permissions', 'event_types']);

/** Tables of schema public that no seed holds, and why. A table that refers to one of them stays out as well. */
export const leftOutTables: ReadonlyMap<string, string> = new Map([
  ['permissions', 'the migrations fill it'],
  ['event_types', 'the migrations fill it'],
  ['outbox_events', 'what happened elsewhere is told there'],
  ['notifications', 'what happened elsewhere was told there'],
  ['notification_inboxes', 'count what was told there'],
  ['notification_digests', 'were sent there'],
  ['api_keys', 'holds secrets; granary admin bootstrap makes a key'],
  ['audit_events', 'a trail of what happened elsewhere proves nothing'],
  ['audit_heads', 'of that trail'],
  ['audit_chain', 'of that trail'],
  ['audit_checkpoints', 'of that trail'],
  ['encryption_keys', 'holds wrapped keys, which open nothing elsewhere'],
  ['datasets', 'their rows and files are not in schema public'],
  ['uploads', 'their files are not in the database'],
  ['stored_objects', 'the objects are not in the database'],
  ['doomed_objects', 'the objects are not in the database'],
  ['feeds', 'the files are not in the database'],
  ['webhook_endpoints', 'their secrets open nothing elsewhere'],
  ['sources', 'would be crawled from elsewhere, too'],
  ['companies', 'facts are crawled or imported'],
  ['plugins', 'facts are crawled or imported'],
  ['plugin_notes', 'about plugins'],
  ['plugin_tags', 'about plugins'],
  ['watch_list_plugins', 'about plugins'],
  ['revenue_models', 'the migrations fill it'],
  ['intake_forms', 'visitors write there'],
  ['language_model_answers', 'were answered there'],
  ['edges', 'were verified there'],
  ['pipelines', 'are made of versions that were verified there'],
  ['embedding_models', 'what is found is indexed anew'],
  ['doomed_vectors', 'the vectors are not in the database'],
]);

const catalogue = `
  select c.relname as name,
    array(select quote_ident(a.attname) from pg_attribute a
      where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' order by a.attnum) as columns,
    array(select quote_ident(a.attname) from pg_index i, unnest(i.indkey) with ordinality key (number, place), pg_attribute a
      where i.indrelid = c.oid and i.indisprimary and a.attrelid = c.oid and a.attnum = key.number order by place) as key,
    array(select distinct target.relname::text from pg_constraint k join pg_class target on target.oid = k.confrelid
      where k.conrelid = c.oid and k.contype = 'f' and k.confrelid <> c.oid order by 1) as "refersTo"
  from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
    and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
  order by 1`;

/** The tables of a seed in the order in which they can be filled, and those left out with the reason. */
export async function readSeedTables(
  client: Client,
): Promise<{ tables: SeedTable[]; leftOut: ReadonlyMap<string, string> }> {
  const { rows } = await client.query(catalogue);
  const all = z.array(seedTable).parse(rows);
  const leftOut = new Map(leftOutTables);
  const ordered: SeedTable[] = [];
  const done = new Set<string>(fromMigrations);
  let waiting = all.filter(({ name }) => !leftOut.has(name));
  while (waiting.length > 0) {
    const ready = waiting.find((table) => table.refersTo.every((target) => done.has(target)));
    const lost = waiting.find((table) =>
      table.refersTo.some((target) => !fromMigrations.has(target) && leftOut.has(target)),
    );
    if (lost) {
      const target = lost.refersTo.find((each) => !fromMigrations.has(each) && leftOut.has(each));
      leftOut.set(lost.name, `it refers to ${target}`);
    } else if (ready) {
      refuseSecrets(ready);
      ordered.push(ready);
      done.add(ready.name);
    } else {
      throw new CommandFailure(`these tables refer to each other: ${waiting.map(({ name }) => name).join(', ')}`);
    }
    waiting = waiting.filter((table) => table !== (lost ?? ready));
  }
  return { tables: ordered, leftOut };
}

/** A table that is new and holds secrets must be put on the list above, not into a file that gets committed. */
function refuseSecrets({ name, columns }: SeedTable): void {
  const secret = columns.find((column) => /secret|password|token|private_key|credential/.test(column));
  if (secret === undefined) return;
  throw new CommandFailure(
    `${name}.${secret} looks like a secret: leave the table out of seeds (leftOutTables in seed-tables.ts)`,
  );
}
