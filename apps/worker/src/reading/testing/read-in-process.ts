import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inspectFile } from '../child/inspect-file.ts';
import { connectDuck } from '../duck/connect.ts';
import { copyRows } from '../duck/copy-rows.ts';
import type { DialectOverrides, Inspection, QuarantinedRow } from '../inspection.ts';
import { readQuarantine } from '../quarantine-file.ts';

export interface ReadFile extends Inspection {
  /** `<name> <type>` of each column. */
  readonly types: string[];
  /** What Postgres would get. */
  readonly csv: string;
  readonly quarantine: QuarantinedRow[];
}

/** Reads a file as the reading process does, but in this process: many files a second instead of four. */
export async function readInProcess(
  fileName: string,
  bytes: Uint8Array | string,
  overrides: DialectOverrides = {},
  limits: { decodedBytes?: number; recordBytes?: number } = {},
): Promise<ReadFile> {
  const folder = await mkdtemp(path.join(tmpdir(), 'granary-reading-'));
  try {
    const original = path.join(folder, 'original');
    await writeFile(original, bytes);
    const plan = await inspectFile(
      {
        type: 'inspect',
        path: original,
        fileName,
        workDirectory: folder,
        overrides,
        limits: { columns: 20_000, decodedBytes: 2 ** 30, recordBytes: 2 ** 24, ...limits },
      },
      () => {},
    );
    const { inspection } = plan;
    const target = path.join(folder, 'copy.csv');
    const duck = await connectDuck(plan.path, folder);
    await copyRows(
      duck.connection,
      plan,
      inspection.columns.map(({ name }) => name),
      target,
    ).finally(duck.close);
    const quarantine: QuarantinedRow[] = [];
    if (inspection.quarantinedRows > 0) for await (const row of readQuarantine(folder)) quarantine.push(row);
    const types = inspection.columns.map(({ name, type }) => `${name} ${type}`);
    return { ...inspection, types, csv: await readFile(target, 'utf8'), quarantine };
  } finally {
    await rm(folder, { recursive: true });
  }
}
