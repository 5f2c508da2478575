import type { Port } from '@granary/domain';
import { csvField } from '../load/copy-in.ts';
import type { SqlSandbox } from '../sql-edge/sql-sandbox.ts';

type Cell = string | number | boolean | null;

/** Makes a table of the sandbox, called as the port, of rows that are given; a column that a row does not have is NULL in it. */
export function fillFromRows(
  sandbox: SqlSandbox,
  port: Port,
  rows: readonly Readonly<Record<string, Cell>>[],
): Promise<number> {
  return sandbox.fill(port.name, {
    skip: 0,
    columns: port.columns.map(({ name, type }) => ({
      name,
      originalName: name,
      type,
      decimal: type === 'numeric' ? { precision: 38, scale: 10 } : null,
    })),
    async fill(target) {
      for (const row of rows) {
        const cells = port.columns.map(({ name }) => row[name] ?? null);
        target.write(`${cells.map((cell) => csvField(typeof cell === 'boolean' ? String(cell) : cell)).join(',')}\n`);
      }
      target.end();
      return rows.length;
    },
  });
}
