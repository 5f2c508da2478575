import { columnType, DomainError, type Port, planRows, readOnce } from '@granary/domain';
import type pg from 'pg';
import type { SqlSandbox } from '../sql-edge/sql-sandbox.ts';
import { type Decimal, findDecimals } from '../writing/find-decimals.ts';
import type { FlowingColumn } from '../writing/protocol.ts';
import { copyOut, sendRows } from '../writing/rows-source.ts';

export interface DatasetInput {
  readonly port: Port;
  readonly versionId: string;
  /** The first so many rows; all of them if it is not said. */
  readonly sampleRows?: number;
  readonly signal: AbortSignal;
}

export interface FilledInput {
  readonly rows: number;
  readonly version: number;
  readonly changeSet: number;
}

/**
 * Makes a table of the sandbox, called as the port, of a version's columns that the port has. `client` is in a transaction with
 * the rights of whoever asked. Throws DomainError forbidden where they may not read the version, or it is gone.
 */
export async function fillFromDataset(
  client: pg.PoolClient,
  sandbox: SqlSandbox,
  { port, versionId, sampleRows, signal }: DatasetInput,
): Promise<FilledInput> {
  const { rows: found } = await client.query<{ version: number; changeSet: number }>(
    `select v.number as version, v.change_count as "changeSet" from dataset_versions v
     where v.id = $1 and v.state = 'ready' and app.may_access_dataset(v.dataset_id, 'read')`,
    [versionId],
  );
  const [read] = found;
  if (!read) throw new DomainError('forbidden', `the rows for the input ${port.name} may not be read, or are gone`);
  const { rows: listed } = await client.query<{ name: string; originalName: string; type: string; chunk: number }>(
    'select name, original_name as "originalName", type, chunk from dataset_columns where version_id = $1 order by position',
    [versionId],
  );
  const columns = listed.map((column) => ({ ...column, type: columnType.parse(column.type) }));
  const wanted = new Set(port.columns.map(({ name }) => name));
  const chosen = columns.filter(({ name }) => wanted.has(name));
  const missing = port.columns.find(({ name }) => !chosen.some((column) => column.name === name));
  if (missing) throw new DomainError('invalid', `the dataset has no column ${missing.name}, which ${port.name} needs`);
  const catalogue = { versionId, number: read.version, columns, ...readOnce };
  const plan = planRows(catalogue, { columns: chosen.map(({ name }) => name), order: [], limit: 1 });
  const decimals = await findDecimals(
    client,
    versionId,
    chosen.filter(({ type }) => type === 'numeric'),
  );
  const flowing: FlowingColumn[] = chosen.map(({ name, originalName, type }) => ({
    name,
    originalName,
    type,
    decimal: roomy(decimals.get(name) ?? null),
  }));
  const rows = await sandbox.fill(port.name, {
    skip: plan.terms.length,
    columns: flowing,
    async fill(target) {
      if (sampleRows === undefined)
        return sendRows(client, { plan, version: catalogue, signal, onRows: () => {} }, target);
      if (plan.rest.length > 0) throw new DomainError('limit_reached', 'so many columns are not sampled');
      const sample = `select * from (${plan.every.compile().sql}) sampled limit ${sampleRows}`;
      return copyOut(client, sample, target, { signal, onRows: () => {} });
    },
  });
  return { rows, ...read };
}

/** Of two sizes only, so that the type that SQL sees does not change with every row that comes. */
const roomy = (decimal: Decimal | null): Decimal | null =>
  decimal && { ...decimal, precision: decimal.precision <= 18 ? 18 : 38 };
