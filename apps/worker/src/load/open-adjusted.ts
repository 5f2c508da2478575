import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { ColumnType } from '@granary/domain';
import type { InspectedColumn } from '../reading/inspection.ts';
import { type FileReader, openReader, type ReadRequest } from '../reading/reader.ts';

/** What is to be said of the types of a file's columns, once it is known which it has. Nothing: they are read as they are. */
export type AdjustTypes = (columns: readonly InspectedColumn[]) => Readonly<Record<string, ColumnType>>;

/**
 * Opens a file, and once more if its columns are to be of other types than it shows. Types are not said from the start,
 * because they switch off what the whole column decides: 25/12/2020 tells how 03/04/2020 is to be read.
 */
export async function openAdjusted(request: ReadRequest, adjust: AdjustTypes): Promise<FileReader> {
  const [first, second] = ['read', 'read-again'].map((name) => path.join(request.workDirectory, name));
  const reader = await openIn(first!, request);
  try {
    const types = adjust(reader.inspection.columns);
    if (Object.keys(types).length === 0) return reader;
    await reader.close();
    await rm(first!, { recursive: true });
    const overrides = { ...request.overrides, types: { ...request.overrides?.types, ...types } };
    const again = await openIn(second!, { ...request, overrides });
    const columns = reasonsOf(again.inspection.columns, types, 'the dataset');
    return { ...again, inspection: { ...again.inspection, columns } };
  } catch (error) {
    await reader.close();
    throw error;
  }
}

async function openIn(workDirectory: string, request: ReadRequest): Promise<FileReader> {
  await mkdir(workDirectory, { mode: 0o700 });
  return openReader({ ...request, workDirectory });
}

/** The columns, of which the reader believes that the user has said the types, with who it was instead. */
export const reasonsOf = (
  columns: readonly InspectedColumn[],
  types: Readonly<Record<string, ColumnType>>,
  who: 'the dataset' | 'the JSON',
): InspectedColumn[] =>
  columns.map((column) => {
    if (!Object.hasOwn(types, column.name)) return column;
    const reason = column.evidence.reason.replace(/^you say that it is/, `${who} says that it is`);
    return { ...column, evidence: { ...column.evidence, reason } };
  });
