import { z } from 'zod';
import { port } from '../ports/schema.ts';

export const edgeName = z.string().trim().min(1).max(200).meta({ description: 'Unique in the organization' });
export const edgeDescription = z.string().max(10_000);

const text = (most: number) => z.string().min(1).max(most);

/** How an edge makes its outputs of its inputs. */
export const implementation = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('sql'),
    sql: text(100_000).meta({ description: 'One SELECT in DuckDB’s dialect, over the inputs by their names' }),
  }),
  z.strictObject({
    kind: z.literal('container'),
    image: text(512).regex(/^[a-z0-9][a-z0-9._:/-]*(:[\w.-]+)?(@sha256:[0-9a-f]{64})?$/, 'is no reference to an image'),
    command: z.array(z.string().max(4096)).max(100).default([]),
  }),
  z.strictObject({
    kind: z.literal('dagster'),
    dagsterOp: text(512).regex(/^[^:\s]+:[^:\s]+:[^:\s]+$/, 'is written location:repository:op'),
  }),
]);
export type Implementation = z.output<typeof implementation>;

export const binding = z
  .strictObject({
    direction: z
      .enum(['input', 'output'])
      .meta({ description: 'input: rows of the block go into the edge’s port; output: out of it into the block' }),
    port: z.string().max(63).meta({ description: 'Of the edge' }),
    blockId: z.uuid(),
    blockPort: z.string().max(63),
  })
  .meta({ id: 'EdgeBinding' });
export type Binding = z.output<typeof binding>;
export const bindings = z
  .array(binding)
  .max(500)
  .refine(
    (all) => new Set(all.map((each) => JSON.stringify([each.direction, each.port, each.blockId]))).size === all.length,
    'joins a port to a block twice',
  )
  .refine((all) => {
    const inputs = all.filter(({ direction }) => direction === 'input');
    return new Set(inputs.map((each) => each.port)).size === inputs.length;
  }, 'feeds an input from two blocks');

export const edge = z
  .object({
    id: z.uuid(),
    name: z.string(),
    description: z.string(),
    ownerId: z.uuid().nullable().meta({ description: 'null: its owner left the organization' }),
    version: z.int().meta({ description: 'The current one' }),
    revision: z.int().meta({ description: 'Counts changes of the edge, its versions and names' }),
    createdAt: z.string(),
    updatedAt: z.string(),
  })
  .meta({ id: 'Edge' });

export const edgeVersion = z
  .object({
    id: z.uuid(),
    version: z.int(),
    metadata: z.record(z.string(), z.unknown()),
    inputs: z.array(port),
    outputs: z.array(port),
    implementation,
    bindings: z.array(binding),
    digest: z.string().meta({ description: 'SHA-256 of the canonical form (RFC 8785) of what the version says' }),
    createdBy: z.uuid(),
    createdAt: z.string(),
    isActive: z.boolean().meta({ description: 'Whether it may run' }),
  })
  .meta({ id: 'EdgeVersion' });
