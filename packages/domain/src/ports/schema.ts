import { z } from 'zod';
import { columnType } from '../datasets/schema.ts';

const word = z.string().regex(/^[a-z_][a-z0-9_]{0,62}$/, 'lower case letters, digits and _, at most 63');

export const portColumn = z
  .object({
    name: word,
    type: columnType,
    nullable: z.boolean().default(true).meta({ description: 'Whether a row may have no value there' }),
  })
  .meta({ id: 'PortColumn' });
export type PortColumn = z.output<typeof portColumn>;

export const port = z
  .object({
    name: word,
    columns: z
      .array(portColumn)
      .max(2000)
      .refine((columns) => namesAreUnique(columns), 'names a column twice'),
  })
  .meta({ id: 'Port' });
export type Port = z.output<typeof port>;

export const ports = z
  .array(port)
  .max(64)
  .refine((all) => namesAreUnique(all), 'names a port twice');

const namesAreUnique = (named: readonly { readonly name: string }[]): boolean =>
  new Set(named.map(({ name }) => name)).size === named.length;
