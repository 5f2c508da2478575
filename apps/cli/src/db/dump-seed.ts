import { writeFile } from 'node:fs/promises';
import { withClient } from '@granary/db';
import { CommandFailure } from '../output/failure.ts';
import { readSeedTables, type SeedTable } from './seed-tables.ts';

const rowsPerInsert = 500;
const most = 100_000;

// what a value looks like as text must not depend on who dumps
const settings = `begin isolation level repeatable read read only;
  set local timezone = 'UTC'; set local datestyle = 'ISO, YMD'; set local intervalstyle = 'postgres';
  set local extra_float_digits = 1; set local bytea_output = 'hex'`;

/**
 * Writes the tables of schema public that a seed may hold as INSERTs: the same database gives the same file, and a file
 * may be loaded twice. Returns how many rows it wrote and which tables it left out, with the reason.
 */
export async function dumpSeed(
  url: string,
  file: string,
): Promise<{ rows: number; leftOut: ReadonlyMap<string, string> }> {
  return withClient(url, async (client) => {
    await client.query(settings);
    const { tables, leftOut } = await readSeedTables(client);
    const parts = [header(leftOut)];
    let count = 0;
    for (const table of tables) {
      const { rows } = await client.query<{ row: string }>(selectLiterals(table));
      if (rows.length > most) throw new CommandFailure(`${table.name} has more than ${most} rows: that is no sample`);
      for (let start = 0; start < rows.length; start += rowsPerInsert)
        parts.push(
          insert(
            table,
            rows.slice(start, start + rowsPerInsert).map(({ row }) => row),
          ),
        );
      count += rows.length;
    }
    await writeFile(file, parts.join('\n'));
    return { rows: count, leftOut };
  });
}

function selectLiterals({ name, columns, key }: SeedTable): string {
  const values = columns.map((column) => `quote_nullable(${column}::text)`).join(", ', ', ");
  const order = key.length > 0 ? key.join(', ') : columns.join(', ');
  return `select concat('(', ${values}, ')') as row from public.${name} order by ${order} limit ${most + 1}`;
}

function insert({ name, columns }: SeedTable, rows: readonly string[]): string {
  return `insert into public.${name} (${columns.join(', ')}) values\n  ${rows.join(',\n  ')}\non conflict do nothing;\n`;
}

function header(leftOut: ReadonlyMap<string, string>): string {
  const lines = [...leftOut].map(([table, reason]) => `--   ${table}: ${reason}`).sort();
  return `-- Sample data, written by \`granary db seed dump\`; \`granary db seed load\` and \`supabase db reset\` load it.
-- Not in it:
${lines.join('\n')}
`;
}
