import { z } from 'zod';
import { columnType } from '../datasets/schema.ts';

const name = z.string().max(63);

/** What is going to be otherwise, of the columns of a port. */
export const schemaChange = z.strictObject({
  port: name.default('rows').meta({ description: 'The port whose columns change; a dataset has one, rows' }),
  add: z
    .array(z.strictObject({ name, type: columnType, nullable: z.boolean().default(true) }))
    .max(2000)
    .default([]),
  remove: z.array(name).max(2000).default([]),
  rename: z
    .array(z.strictObject({ from: name, to: name }))
    .max(2000)
    .default([]),
  retype: z
    .array(z.strictObject({ name, type: columnType, nullable: z.boolean().optional() }))
    .max(2000)
    .default([]),
});
export type SchemaChange = z.output<typeof schemaChange>;

const kind = z.enum(['block', 'edge', 'dataset', 'pipeline', 'package', 'service', 'doi']);

const step = z
  .object({
    kind,
    id: z.uuid().nullable(),
    name: z.string(),
    reason: z.string().nullable().meta({
      description:
        'Why it is reached from the step before: reads, filled by, feeds, runs, uses, version of, depends on',
    }),
    port: z.string().nullable(),
  })
  .meta({ id: 'ImpactStep' });
export type ImpactStep = z.output<typeof step>;

export const impact = z
  .object({
    items: z.array(
      z
        .object({
          kind,
          id: z.uuid(),
          name: z.string(),
          ownerId: z.uuid().nullable(),
          depth: z.int(),
          effect: z.enum(['breaks', 'verify', 'changes']).meta({
            description:
              'breaks: a port stops fitting; verify: an edge, to be verified again; changes: what it holds, or does, may be otherwise',
          }),
          via: z
            .uuid()
            .nullable()
            .meta({ description: 'What it is reached from, which stands before it; null: what changes' }),
          reason: z.string(),
          port: z.string().nullable(),
          path: z.array(step).nullable().meta({
            description:
              'From what changes to this, one of the shortest ways; null for what is far from it in a long answer, where `via` says it step by step',
          }),
        })
        .meta({ id: 'ImpactItem' }),
    ),
    misfits: z
      .array(
        z
          .object({
            edgeId: z.uuid(),
            version: z.int(),
            port: z.string().meta({ description: 'Of the edge' }),
            blockId: z.uuid(),
            blockPort: z.string(),
            misfits: z.array(
              z.object({
                column: z.string(),
                reason: z.enum(['missing', 'type', 'nullable']),
                source: columnType.nullable().default(null).meta({ description: 'Of a type that does not fit' }),
                target: columnType.nullable().default(null),
              }),
            ),
          })
          .meta({ id: 'PortMisfits' }),
      )
      .meta({ description: 'Of a change of columns: arcs that would not fit any more' }),
    owners: z
      .array(z.object({ ownerId: z.uuid().nullable(), items: z.int() }).meta({ id: 'ImpactOwner' }))
      .meta({ description: 'Whose it is, who is hit most first' }),
    isComplete: z.boolean().meta({
      description:
        'false: there is more than `most` things, or further away than `deepest`, or more than 10,000 arcs at what changes',
    }),
  })
  .meta({ id: 'Impact' });
