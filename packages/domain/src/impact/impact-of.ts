import { query } from '@granary/db';
import { sql } from 'kysely';
import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { type ExternalKind, externalReference } from '../dependencies/external-reference.ts';
import { DomainError } from '../errors/domain-error.ts';
import { explainPaths } from './explain-paths.ts';
import { impact, schemaChange } from './schema.ts';
import { type KindWithPorts, type OwnKind, selectName } from './start-query.ts';
import { whatStopsFitting } from './what-stops-fitting.ts';

const reached = z.object({
  kind: z.enum(['block', 'edge', 'dataset', 'pipeline']),
  id: z.uuid(),
  name: z.string(),
  owner_id: z.uuid().nullable(),
  depth: z.int(),
  via: z.uuid().nullable(),
  reason: z.string(),
  port: z.string().nullable(),
});

const deepest = 1000;

export const impactOf = defineQuery({
  name: 'impact.of',
  summary: 'Say what a change of something would reach: what breaks, whose it is, what would have to be verified again',
  access: 'block:read',
  rest: { method: 'GET', path: '/v1/impact' },
  input: z.object({
    entityType: z.enum(['block', 'edge', 'dataset', 'pipeline', 'package', 'service', 'doi']),
    entityId: z.uuid().optional().meta({ description: 'Of a block, an edge, a dataset or a pipeline' }),
    reference: z
      .string()
      .max(2000)
      .optional()
      .meta({ description: 'Of a package, a service, a publication; without a version: all of them' }),
    change: schemaChange.optional().meta({ description: 'What is going to be otherwise, of its columns' }),
    most: z.int().min(1).max(10_000).default(1000),
    deepest: z.int().min(1).max(deepest).default(100),
  }),
  output: impact,
  async run({ reader, identity: { tenantId } }, { entityType, entityId, change, ...asked }) {
    const start = startOf(entityType, entityId, asked.reference);
    if (change && (start.id === null || start.kind === 'pipeline'))
      throw new DomainError('invalid', 'neither a pipeline nor what is outside has columns that could change');
    const [rows, [named]] = await reader.together(
      // one more than was asked for says whether there are more
      query
        .selectFrom(
          sql`app.impact_of(${start.kind}, ${start.id}::uuid, ${start.reference}, ${asked.most + 1}::integer, ${asked.deepest + 1}::integer)`.as(
            'i',
          ),
        )
        .selectAll(),
      selectName(tenantId, start.id === null ? 'block' : start.kind, start.id ?? tenantId),
    );
    const all = rows.map((row) => reached.parse(row));
    const items = all.slice(0, asked.most).filter(({ depth }) => depth <= asked.deepest);
    const { misfits, isComplete } =
      change && start.id !== null && hasPorts(start)
        ? await whatStopsFitting(reader, tenantId, start, change)
        : { misfits: [], isComplete: true };
    const breaking = new Set(misfits.map(({ edgeId, blockId }) => (start.kind === 'edge' ? blockId : edgeId)));
    const name = start.reference ?? named?.name ?? '';
    const paths = explainPaths({ kind: start.kind, id: start.id, name, reason: null, port: null }, items);
    const owners = Map.groupBy(items, ({ owner_id }) => owner_id);
    return {
      items: items.map(({ owner_id: ownerId, ...item }) => ({
        ...item,
        ownerId,
        effect: effectOn(item, breaking),
        path: paths.get(item.id)?.slice() ?? null,
      })),
      misfits,
      owners: [...owners]
        .map(([ownerId, theirs]) => ({ ownerId, items: theirs.length }))
        .sort((a, b) => b.items - a.items),
      isComplete: isComplete && items.length === all.length,
    };
  },
});

const hasPorts = <S extends { readonly kind: OwnKind }>(start: S): start is S & { readonly kind: KindWithPorts } =>
  start.kind !== 'pipeline';

/** A pipeline breaks with an edge that it runs. */
function effectOn(
  { kind, id, via }: Pick<z.output<typeof reached>, 'kind' | 'id' | 'via'>,
  breaking: ReadonlySet<string>,
): 'breaks' | 'verify' | 'changes' {
  if (breaking.has(id) || (kind === 'pipeline' && via !== null && breaking.has(via))) return 'breaks';
  return kind === 'edge' ? 'verify' : 'changes';
}

type Start =
  | { readonly kind: OwnKind; readonly id: string; readonly reference: null }
  | { readonly kind: ExternalKind; readonly id: null; readonly reference: string };

function startOf(type: OwnKind | ExternalKind, id: string | undefined, reference: string | undefined): Start {
  if (type === 'package' || type === 'service' || type === 'doi') {
    if (reference === undefined) throw new DomainError('invalid', `a ${type} has a reference`);
    return { kind: type, id: null, reference: externalReference[type](reference).ref };
  }
  if (id === undefined) throw new DomainError('invalid', `a ${type} has an entityId`);
  return { kind: type, id, reference: null };
}
