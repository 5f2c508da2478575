import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import type { DialectOverrides, QuarantinedRow } from '../inspection.ts';
import { type FileReader, openReader } from '../reader.ts';

export interface OpenFile extends AsyncDisposable {
  readonly reader: FileReader;
  readonly workDirectory: string;
  /** The CSV that Postgres would get, of these columns or all. */
  copied(columns?: readonly string[]): Promise<string>;
  quarantined(): Promise<QuarantinedRow[]>;
}

export interface OpenOptions {
  readonly overrides?: DialectOverrides;
  readonly maxColumns?: number;
  readonly maxDecodedBytes?: number;
  readonly signal?: AbortSignal;
}

/** Writes the bytes to a file of this name, if there are any, and opens a reader on it: the real one, with its process. */
export async function openFile(
  fileName: string,
  bytes: Uint8Array | string | null,
  options: OpenOptions = {},
): Promise<OpenFile> {
  const folder = await mkdtemp(path.join(tmpdir(), 'granary-reading-'));
  const file = path.resolve(folder, fileName);
  if (bytes !== null) await writeFile(file, bytes);
  const workDirectory = await mkdtemp(path.join(folder, 'work-'));
  try {
    const reader = await openReader({
      path: file,
      fileName,
      workDirectory,
      overrides: options.overrides,
      maxColumns: options.maxColumns ?? 20_000,
      maxDecodedBytes: options.maxDecodedBytes,
      signal: options.signal ?? new AbortController().signal,
      onProgress: () => {},
    });
    return {
      reader,
      workDirectory,
      async copied(columns = reader.inspection.columns.map(({ name }) => name)) {
        const { stream, done } = reader.copyCsv(columns);
        const [csv] = await Promise.all([text(stream), done]);
        return csv;
      },
      async quarantined() {
        const rows: QuarantinedRow[] = [];
        for await (const row of reader.quarantine()) rows.push(row);
        return rows;
      },
      async [Symbol.asyncDispose]() {
        await reader.close();
        await rm(folder, { recursive: true });
      },
    };
  } catch (error) {
    await rm(folder, { recursive: true });
    throw error;
  }
}
