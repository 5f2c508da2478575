import { DomainError } from '@granary/domain';
import type { TableReader } from '../load/publish-version.ts';
import type { InspectedColumn } from '../reading/inspection.ts';
import type { ConformedColumn } from './conform-result.ts';
import type { SqlSandbox } from './sql-sandbox.ts';

export interface Result {
  /** Of the sandbox. */
  readonly table: string;
  readonly rows: number;
  readonly columns: readonly ConformedColumn[];
}

/**
 * A result as what is published: a table of which every row is clean. The sandbox is sealed by this, and closed by `close`.
 *
 * @example await publishVersion(database, version, await readResult(sandbox, result), options);
 */
export async function readResult(sandbox: SqlSandbox, { table, rows, columns: given }: Result): Promise<TableReader> {
  await sandbox.seal();
  const columns: InspectedColumn[] = given.map(({ name, type, from, duckType }) => ({
    originalName: from,
    name,
    type,
    evidence: {
      values: 0,
      nulls: 0,
      nullSpellings: [],
      emptyStrings: 0,
      fits: {},
      misfits: [],
      spelling: null,
      reason: `The result of SQL, of type ${duckType}.`,
    },
  }));
  const inResult = new Map(given.map(({ name, from, type }) => [name, { name: from, type }]));
  return {
    inspection: {
      format: 'sql',
      container: null,
      encoding: null,
      bom: false,
      offsetsIn: 'decoded text',
      dialect: null,
      columns,
      inputRows: rows,
      cleanRows: rows,
      quarantinedRows: 0,
      notes: [],
    },
    async *quarantine() {},
    copyCsv: (wanted) =>
      sandbox.copy(
        table,
        wanted.map((name) => inResult.get(name) ?? noColumn(name)),
      ),
    // a table of DuckDB is read by columns: each part costs only what is in it
    split: async () => {},
    locate: async () => {
      throw new DomainError('invalid', 'the result of SQL has no lines');
    },
    close: () => sandbox.close(),
  };
}

const noColumn = (name: string): never => {
  throw new Error(`there is no column ${name}`);
};
