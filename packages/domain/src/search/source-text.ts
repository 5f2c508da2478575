import type { SystemDb } from '@granary/db';
import { sql } from 'kysely';
import { z } from 'zod';

/** What a thing says of itself, as it can be searched. */
export interface SourceText {
  readonly kind: 'dataset' | 'block' | 'edge';
  readonly title: string;
  readonly text: string;
  /** How often the source had changed when it was read. */
  readonly seen: number;
}

/** Columns beyond these are not looked through: a name does not say more for being one of thousands. */
const mostColumns = 2000;

const column = z.object({ name: z.string(), originalName: z.string().optional(), type: z.string() });
const port = z.object({ name: z.string(), columns: z.array(column) });
const found = z.object({
  wanted: z.int(),
  kind: z.enum(['dataset', 'block', 'edge']),
  title: z.string(),
  description: z.string(),
  origin: z.string().nullable(),
  metadata: z.record(z.string(), z.unknown()).nullable(),
  inputs: z.array(port).nullable(),
  outputs: z.array(port).nullable(),
  implementation: z.string().nullable(),
  columns: z.array(column).nullable(),
});
type Found = z.infer<typeof found>;

/**
 * The text of a source, read as it is now: names, descriptions, metadata, ports and columns, and of an edge how it is done. Of rows
 * nothing: they may hold what nobody should find by searching. Undefined where it is gone.
 */
export async function readSourceText(
  db: SystemDb,
  tenantId: string,
  sourceId: string,
): Promise<SourceText | undefined> {
  const { rows } = await sql`
    select s.wanted, case when s.dataset_id is not null then 'dataset' when s.block_id is not null then 'block' else 'edge' end as kind,
      coalesce(d.name, b.name, e.name) as title, coalesce(d.description, b.description, e.description) as description, d.origin,
      coalesce(bv.metadata, ev.metadata) as metadata, coalesce(bv.inputs, ev.inputs) as inputs, coalesce(bv.outputs, ev.outputs) as outputs,
      coalesce(ev.sql, ev.image, ev.dagster_op) as implementation,
      (select json_agg(json_build_object('name', c.name, 'originalName', c.original_name, 'type', c.type) order by c.position)
        from dataset_columns c where c.tenant_id = d.tenant_id and c.version_id = d.current_version_id and c.position < ${mostColumns}) as columns
    from search_sources s
    left join datasets d on d.tenant_id = s.tenant_id and d.id = s.dataset_id
    left join blocks b on b.tenant_id = s.tenant_id and b.id = s.block_id
    left join block_versions bv on bv.tenant_id = b.tenant_id and bv.id = b.current_version_id
    left join edges e on e.tenant_id = s.tenant_id and e.id = s.edge_id
    left join edge_versions ev on ev.tenant_id = e.tenant_id and ev.id = e.current_version_id
    where s.tenant_id = ${tenantId}::uuid and s.id = ${sourceId}::uuid`.execute(db);
  if (rows[0] === undefined) return undefined;
  const source = found.parse(rows[0]);
  return { kind: source.kind, title: source.title, seen: source.wanted, text: textOf(source) };
}

function textOf(source: Found): string {
  const ports = (label: string, list: Found['inputs']) =>
    (list ?? []).map(({ name, columns }) => `${label} ${name}: ${columnsOf(columns.slice(0, mostColumns))}`);
  const paragraphs = [
    source.description,
    source.origin ?? '',
    ...wordsOf(source.metadata ?? {}),
    ...ports('Input', source.inputs),
    ...ports('Output', source.outputs),
    source.columns ? `Columns: ${columnsOf(source.columns)}` : '',
    source.implementation ?? '',
  ];
  return paragraphs.filter((each) => each.trim() !== '').join('\n\n');
}

const columnsOf = (columns: readonly z.infer<typeof column>[]): string =>
  columns
    .map(({ name, originalName = name, type }) =>
      originalName === name ? `${name} (${type})` : `${originalName}, as ${name} (${type})`,
    )
    .join(', ');

/** What of metadata is words: strings, and lists and objects of them; numbers with the names that they have. */
function wordsOf(metadata: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(metadata).flatMap(([key, value]) => {
    const words = leaves(value).join(', ');
    return words === '' ? [] : [`${key}: ${words}`];
  });
}

function leaves(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value === 'number' || typeof value === 'boolean') return [String(value)];
  if (Array.isArray(value)) return value.flatMap(leaves);
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).map(([key, inner]) => `${key} ${leaves(inner).join(', ')}`.trim());
  return [];
}
