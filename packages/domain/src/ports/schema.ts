import { z } from 'zod';
import { columnType } from '../datasets/schema.ts';

const word = z.string().regex(/^[a-z_][a-z0-9_]{0,62}$/, 'lower case letters, digits and _, at most 63');
const isUnique = (named: readonly { readonly name: string }[]): boolean =>
  new Set(named.map(({ name }) => name)).size === named.length;

const nullable = z.boolean().meta({ description: 'Whether a row may have no value there' });
const portColumn = z.object({ name: word, type: columnType, nullable }).meta({ id: 'PortColumn' });
export type PortColumn = z.output<typeof portColumn>;

export const port = z.object({ name: word, columns: z.array(portColumn) }).meta({ id: 'Port' });
export type Port = z.output<typeof port>;

/** As somebody writes them: a column may be empty if they do not say. */
export const ports = z
  .array(
    z.object({
      name: word,
      columns: z
        .array(z.object({ name: word, type: columnType, nullable: nullable.default(true) }))
        .max(2000)
        .refine(isUnique, 'names a column twice'),
    }),
  )
  .max(64)
  .refine(isUnique, 'names a port twice');
