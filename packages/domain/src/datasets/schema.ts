import { z } from 'zod';
import { DomainError } from '../errors/domain-error.ts';
import { columnTypes } from './column-types.ts';
import type { CellValue } from './row-values.ts';

export const columnType = z.enum(columnTypes);

export const cell = z.custom<CellValue>().meta({ id: 'CellValue' });

export const aliasName = z
  .string()
  .regex(/^[a-z][a-z0-9_-]{0,62}$/)
  .refine((name) => name !== 'current' && name !== 'latest', 'is a reserved word')
  .meta({ description: 'Lower case letters, digits, _ and -; not `current` or `latest`' });

/** How a read names a version. */
export const versionName = z
  .union([z.int().positive(), aliasName])
  .meta({ description: 'A version by its number or by an alias; the current one otherwise' });

export const datasetAccess = z.enum(['read', 'write', 'admin']);

export const datasetName = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .meta({ description: 'Unique among the datasets of its owner' });
const text = z.string().max(10_000);
export const description = text.meta({ description: 'What the rows are' });
export const origin = text.meta({ description: 'Where the data comes from: a citation, an address, a person' });

/** What becomes of the rows of a file. */
export const deliveryMode = z
  .enum(['replace', 'append', 'upsert'])
  .meta({ description: 'The rows become the dataset’s, are added to them, or change those with the same key' });
export type DeliveryMode = z.infer<typeof deliveryMode>;

/** What becomes of a file's columns that the dataset does not have. */
export const newColumns = z.enum(['refuse', 'quarantine', 'add']).meta({
  description:
    'For append and upsert: a file with columns that the dataset does not have is refused, its rows that have a value there go to quarantine, or the dataset gets the columns, empty in its other rows',
});
export type NewColumns = z.infer<typeof newColumns>;

/** How a file goes into a dataset that has rows; an action's input spreads it. */
export const deliveryInput = {
  mode: deliveryMode.default('replace'),
  keyColumns: z
    .array(z.string().max(63))
    .max(32)
    .default([])
    .meta({ description: 'For upsert: the columns whose values tell rows apart' }),
  newColumns: newColumns.default('refuse'),
};

/** Throws DomainError invalid for keys without upsert, and the other way round. */
export function requireKeys(mode: DeliveryMode, keyColumns: readonly string[]): void {
  if ((mode === 'upsert') !== keyColumns.length > 0)
    throw new DomainError('invalid', 'upsert needs key columns, and nothing else has them', { mode, keyColumns });
  if (new Set(keyColumns).size < keyColumns.length)
    throw new DomainError('invalid', 'a column is named twice among the keys', { keyColumns });
}

export const dataset = z
  .object({
    id: z.uuid(),
    name: z.string(),
    description: z.string(),
    origin: z.string(),
    ownerId: z.uuid(),
    identifiers: z.array(z.string()).meta({ description: 'Columns of which only pseudonyms are kept' }),
    version: z
      .int()
      .nullable()
      .meta({ description: 'The version that reads answer from; null until the first load is done' }),
    rows: z.int().nullable(),
    createdAt: z.string(),
    updatedAt: z.string(),
  })
  .meta({ id: 'Dataset' });

export const column = z
  .object({
    position: z.int(),
    name: z.string().meta({ description: 'Legal and unique; what filters, orders and selections name' }),
    originalName: z.string().meta({ description: 'As in the file' }),
    type: columnType,
    evidence: z.record(z.string(), z.unknown()).meta({ description: 'Why it has this type' }),
  })
  .meta({ id: 'Column' });

export const index = z
  .object({
    column: z.string(),
    state: z
      .enum(['building', 'ready', 'failed'])
      .meta({ description: 'Of the current version: rows can be ordered by the column meanwhile, but not so quickly' }),
    error: z.object({ kind: z.string(), message: z.string() }).nullable(),
    createdAt: z.string(),
  })
  .meta({ id: 'Index' });

export const load = z
  .object({
    datasetId: z.uuid(),
    versionId: z.uuid(),
    version: z.int(),
    state: z.enum(['queued', 'running', 'ready', 'failed']),
    phase: z.string(),
    bytesDone: z.int(),
    bytesTotal: z.int(),
    rowsDone: z.int(),
    rowsPerSecond: z.number().nullable(),
    inputRows: z.int().nullable(),
    loadedRows: z.int().nullable(),
    quarantinedRows: z.int().nullable(),
    notes: z.array(z.string()),
    error: z.object({ message: z.string(), kind: z.string() }).nullable(),
    startedAt: z.string().nullable(),
    finishedAt: z.string().nullable(),
  })
  .meta({ id: 'Load' });
export type Load = z.infer<typeof load>;

/** A page's size, and the cursor of the page before. */
export const pageInput = {
  limit: z.int().min(1).max(1000).default(50),
  cursor: z.string().max(100_000).optional().meta({ description: 'nextCursor of the page before' }),
};
