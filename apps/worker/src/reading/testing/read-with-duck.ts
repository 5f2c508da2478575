import { closeSync, openSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { readCsv } from '../csv/read-csv.ts';
import type { DialectOverrides, QuarantinedRow } from '../inspection.ts';
import { readQuarantine } from '../quarantine-file.ts';
import type { ReadingPlan } from '../reading-plan.ts';

export interface ReadTable {
  readonly inspection: Pick<
    ReadingPlan['inspection'],
    'dialect' | 'columns' | 'inputRows' | 'cleanRows' | 'quarantinedRows' | 'notes'
  >;
  /** What DuckDB finds in the rows that fit. */
  readonly rows: unknown[][];
  readonly quarantine: QuarantinedRow[];
  readonly inPlace: boolean;
}

export interface TableReader extends AsyncDisposable {
  read(bytes: Uint8Array | string, overrides?: DialectOverrides): Promise<ReadTable>;
}

/** Reads delimited texts as the reading process does, but in this process and with DuckDB's answer as rows. */
export async function createTableReader(): Promise<TableReader> {
  const folder = await mkdtemp(path.join(tmpdir(), 'table-reader-'));
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  let reads = 0;
  return {
    async read(bytes, overrides = {}) {
      const workDirectory = await mkdtemp(path.join(folder, `${++reads}-`));
      const original = path.join(workDirectory, 'original');
      writeFileSync(original, bytes);
      const file = openSync(original, 'r');
      try {
        const bomBytes = bytes.slice(0, 1).toString() === '\ufeff' ? 3 : 0;
        const plan = await readCsv(
          { path: original, file, size: statSync(original).size, bomBytes, hasInvalidBytes: false },
          overrides,
          { workDirectory, limits: { columns: 1000, decodedBytes: 2 ** 30, recordBytes: 2 ** 20 }, progress: () => {} },
        );
        const answer = await connection.runAndReadAll(`select * from ${plan.source}`);
        const quarantine: QuarantinedRow[] = [];
        if (plan.inspection.quarantinedRows > 0)
          for await (const row of readQuarantine(workDirectory)) quarantine.push(row);
        return { inspection: plan.inspection, rows: answer.getRows(), quarantine, inPlace: plan.path === original };
      } finally {
        closeSync(file);
        await rm(workDirectory, { recursive: true });
      }
    },
    async [Symbol.asyncDispose]() {
      connection.closeSync();
      instance.closeSync();
      await rm(folder, { recursive: true });
    },
  };
}
