import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { TextRow } from '@granary/db';
import { type RowsPlan, selectByRowids } from '@granary/domain';
import type pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { csvField } from '../load/copy-in.ts';

export interface RowsToRead {
  readonly plan: RowsPlan;
  readonly version: Parameters<typeof selectByRowids>[0];
  readonly signal: AbortSignal;
  onRows(rows: number): void;
}

/** Sends the result of a query as Postgres' CSV; returns the number of its rows. */
export async function copyOut(
  client: pg.PoolClient,
  select: string,
  target: Writable,
  { signal, onRows }: Pick<RowsToRead, 'signal' | 'onRows'>,
): Promise<number> {
  const source = client.query(copyTo(`copy (${select}) to stdout (format csv)`));
  source.on('data', () => onRows(source.rowCount));
  await pipeline(source, target, { signal });
  return source.rowCount;
}

/**
 * Sends the rows of a plan in the snapshot of the client's transaction: as one COPY where that can be, else row by row.
 * COPY takes no parameters, which filters have, and no more columns than one select list.
 */
export async function sendRows(client: pg.PoolClient, rows: RowsToRead, target: Writable): Promise<number> {
  const { sql, parameters } = rows.plan.every.compile();
  if (parameters.length === 0 && rows.plan.rest.length === 0) return copyOut(client, sql, target, rows);
  await client.query(`declare exported no scroll cursor for ${sql}`, [...parameters]);
  let sent = 0;
  for (let page = await fetchPage(client, rows); page.length > 0; page = await fetchPage(client, rows)) {
    rows.signal.throwIfAborted();
    const text = page.map((row) => `${row.map(csvField).join(',')}\n`).join('');
    if (!target.write(text)) await Promise.race([once(target, 'drain'), ended(target)]);
    sent += page.length;
    rows.onRows(sent);
  }
  target.end();
  return sent;
}

const ended = (target: Writable): Promise<never> =>
  once(target, 'close').then(() => Promise.reject(new Error('nobody reads the rows any more')));

/** A page holds about so many cells, so that wide rows need no more memory than narrow ones. */
const pageCells = 40_000;

async function fetchPage(client: pg.PoolClient, { plan, version }: RowsToRead): Promise<TextRow[]> {
  const width = plan.terms.length + plan.selected.length;
  const limit = Math.max(1, Math.min(2000, Math.floor(pageCells / width)));
  const page = await fetchText(client, `fetch ${limit} from exported`, []);
  const rowids = page.map((row) => row[plan.terms.length - 1] ?? '');
  for (const group of page.length > 0 ? plan.rest : []) {
    const { sql, parameters } = selectByRowids(version, group, rowids).compile();
    const others = await fetchText(client, sql, parameters);
    const byRowid = new Map(others.map(([rowid, ...cells]) => [rowid ?? '', cells]));
    for (const [index, rowid] of rowids.entries()) page[index]?.push(...(byRowid.get(rowid) ?? missing()));
  }
  return page;
}

/** One snapshot holds every chunk of a row, unless its access was taken back. */
function missing(): never {
  throw new Error('a row has lost a part of it');
}

const asText = { getTypeParser: () => (text: string) => text };

async function fetchText(client: pg.PoolClient, text: string, values: readonly unknown[]): Promise<TextRow[]> {
  const { rows } = await client.query<TextRow>({ text, values: [...values], rowMode: 'array', types: asText });
  return rows;
}
