import { Buffer } from 'node:buffer';
import { connectDuck } from '../duck/connect.ts';
import { literal } from '../duck/copy-sql.ts';
import { QuarantineWriter } from '../quarantine-file.ts';
import type { FoundRow, ReadingPlan } from '../reading-plan.ts';

/** Writes clean rows, by their numbers from 1, to the list of located rows. Returns how many were found. */
export async function locateRows(plan: ReadingPlan, rows: readonly number[], workDirectory: string): Promise<number> {
  const list = new QuarantineWriter(workDirectory, 'located');
  const found: FoundRow = (at, buffer, start, end) => list.add(at, buffer, start, end, '');
  if (plan.locate) await plan.locate(new Set(rows), found);
  else await showAsJson(plan, rows, workDirectory, found);
  list.close();
  return list.rows;
}

/** For a file that is no text: a row is shown as the JSON of its cells, and its number stands for the line. */
async function showAsJson(
  plan: ReadingPlan,
  rows: readonly number[],
  workDirectory: string,
  found: FoundRow,
): Promise<void> {
  const cells = plan.inspection.columns.map(
    ({ name, originalName }) => `${literal(originalName)}, ${plan.expressions.get(name)}`,
  );
  const duck = await connectDuck(plan.path, workDirectory);
  try {
    const wanted = `[${rows.join(', ')}]`;
    const reader = await duck.connection.runAndReadAll(
      `select number, cells::varchar from (
         select row_number() over () as number, json_object(${cells.join(', ')}) as cells from ${plan.source})
       where list_contains(${wanted}, number) order by number`,
    );
    for (const [number, text] of reader.getRowsJson()) {
      const buffer = Buffer.from(String(text));
      found({ line: Number(number), byteOffset: 0 }, buffer, 0, buffer.length);
    }
  } finally {
    duck.close();
  }
}
