import { z } from 'zod';
import { cell } from '../schema.ts';

export const rowId = z.int().positive().meta({ description: 'As `rowIds` of a page has it' });
export const revision = z
  .int()
  .min(0)
  .max(999_999_999)
  .meta({ description: 'The last change set that touched the row, as datasets.row has it; 0: as it was loaded' });
export const versionNumber = z.int().positive().max(999_999_999);

const cells = z.record(z.string().max(63), cell);
/** Cells to write, by column; at least one. */
export const setCells = cells
  .refine((set) => Object.keys(set).length > 0, 'names no column')
  .meta({ description: 'Cells by column name, of the column’s type; null empties one' });
export const newRow = cells.meta({ description: 'Cells by column name; a column that is not named is null' });

/** The current version as the caller saw it: another one is a conflict. */
export const seenVersion = versionNumber.meta({ description: 'The current version, as you saw it' });

export const rowChange = z
  .discriminatedUnion('op', [
    z.object({ op: z.literal('update'), rowId, revision, set: setCells }),
    z.object({ op: z.literal('delete'), rowId, revision }),
    z.object({ op: z.literal('insert'), values: newRow }),
  ])
  .meta({ id: 'RowChange' });
export type RowChange = z.output<typeof rowChange>;

export const changeResult = z
  .object({
    version: z.int().meta({ description: 'The version that was written to: a new one where yours is kept as it is' }),
    versionId: z.uuid(),
    changeSet: z.int().nullable().meta({ description: 'null: everything was so already' }),
    inserted: z.int(),
    updated: z.int(),
    deleted: z.int(),
  })
  .meta({ id: 'ChangeResult' });

export const changedRows = z
  .object({
    ...changeResult.shape,
    rows: z.array(z.object({ rowId, revision })).meta({ description: 'In the order of the changes' }),
  })
  .meta({ id: 'ChangedRows' });

export const changeSet = z
  .object({
    number: z.int(),
    kind: z.enum(['rows', 'append', 'upsert', 'replay', 'revert']),
    inserted: z.int(),
    updated: z.int(),
    deleted: z.int(),
    firstRowId: z.int().nullable().meta({
      description: 'Rows in bulk, to lastRowId, are not listed one by one: inserted, or taken back by a revert',
    }),
    lastRowId: z.int().nullable(),
    reverts: z.int().nullable(),
    createdBy: z.uuid(),
    createdAt: z.string(),
  })
  .meta({ id: 'ChangeSet' });
