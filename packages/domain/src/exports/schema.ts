import { z } from 'zod';
import { rowFilter } from '../datasets/row-filter.ts';
import { rowOrder } from '../datasets/row-order.ts';
import { columnType } from '../datasets/schema.ts';

export const exportFormat = z.enum(['parquet', 'arrow', 'csv', 'jsonl']);
export type ExportFormat = z.output<typeof exportFormat>;

/** Which rows, and what of them. */
export const rowSelection = z.object({
  columns: z.array(z.string().max(63)).min(1).max(20_000).optional(),
  filter: rowFilter.optional(),
  order: rowOrder,
});

export const csvOptions = z.object({
  header: z
    .enum(['original', 'name', 'none'])
    .default('original')
    .meta({ description: 'CSV: the names in the first line: as in the file, as filters call them, or no such line' }),
  escapeFormulas: z.boolean().default(false).meta({
    description:
      'CSV: put an apostrophe before text that a spreadsheet would run as a formula (OWASP); this changes the data',
  }),
  delimiter: z.enum([',', ';', '\t', '|']).default(',').meta({ description: 'CSV: what stands between cells' }),
  nulls: z
    .string()
    .regex(/^[\w.\\/-]{0,20}$/)
    .default('')
    .meta({ description: 'CSV: how a null is spelled; text of the same spelling is quoted' }),
});

export const exportRequest = z.object({ ...rowSelection.shape, csv: csvOptions.optional() });
export type ExportRequest = z.output<typeof exportRequest>;

/** What is in a file, for whoever is handed it alone. */
export const exportManifest = z
  .object({
    dataset: z.object({ id: z.uuid(), name: z.string() }),
    version: z.int(),
    versionId: z.uuid(),
    changeSet: z.int().meta({ description: 'The last change set that the rows have seen; 0: as they were loaded' }),
    format: exportFormat,
    fileName: z.string(),
    rows: z.int().nullable().meta({ description: 'null: not known before the stream ends, see its trailers' }),
    bytes: z.int().nullable(),
    sha256: z.string().nullable(),
    columns: z.array(
      z.object({
        name: z.string(),
        originalName: z.string(),
        type: columnType,
        storedAs: z.string().meta({ description: 'How the file spells the type' }),
      }),
    ),
    filter: z.unknown().optional(),
    order: z.array(z.unknown()),
    csv: csvOptions.nullable(),
    createdAt: z.string(),
  })
  .meta({ id: 'ExportManifest' });
export type ExportManifest = z.output<typeof exportManifest>;

export const datasetExport = z
  .object({
    id: z.uuid(),
    datasetId: z.uuid(),
    version: z.int(),
    format: exportFormat,
    state: z.enum(['queued', 'running', 'ready', 'failed', 'expired']),
    rows: z.int().nullable().meta({ description: 'So far, while it runs' }),
    bytes: z.int().nullable(),
    sha256: z.string().nullable(),
    error: z.object({ message: z.string(), kind: z.string() }).nullable(),
    createdAt: z.string(),
    finishedAt: z.string().nullable(),
    expiresAt: z.string().nullable(),
  })
  .meta({ id: 'Export' });
