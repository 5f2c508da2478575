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
    return await openIn(second!, { ...request, overrides });
  } catch (error) {
    await reader.close();
    throw error;
  }
}

async function openIn(workDirectory: string, request: ReadRequest): Promise<FileReader> {
  await mkdir(workDirectory, { mode: 0o700 });
  return openReader({ ...request, workDirectory });
}
