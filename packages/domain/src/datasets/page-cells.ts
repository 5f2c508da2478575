import type { Reader, TextRow } from '@granary/db';
import type { CatalogueVersion } from './catalogue-memory.ts';
import { noSuchDataset } from './no-such-dataset.ts';
import { type RowsPlan, selectByRowids } from './rows-query.ts';

export interface PageCells {
  readonly rowids: readonly string[];
  /** In the order of the plan's selected columns, in Postgres' text form. */
  readonly cells: readonly TextRow[];
  /** The last row's values of the order's terms: where the next page begins. */
  readonly last: TextRow | undefined;
}

/** Takes the rows of a plan's page apart, and reads the columns that did not fit into its select list. */
export async function readPageCells(
  reader: Reader,
  version: CatalogueVersion,
  { terms, rest }: RowsPlan,
  page: readonly TextRow[],
): Promise<PageCells> {
  const rowids = page.map((row) => row[terms.length - 1] ?? '');
  const cells = page.map((row) => row.slice(terms.length));
  for (const group of page.length > 0 ? rest : []) {
    const rows = await reader.text(selectByRowids(version, group, rowids));
    const byRowid = new Map(rows.map(([rowid, ...others]) => [rowid ?? '', others]));
    for (const [index, rowid] of rowids.entries()) {
      const others = byRowid.get(rowid);
      if (!others) throw noSuchDataset(); // between the two reads the caller lost access, or the version was deleted
      cells[index]?.push(...others);
    }
  }
  return { rowids, cells, last: page.at(-1)?.slice(0, terms.length) };
}
