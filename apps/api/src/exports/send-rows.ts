import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { type ColumnType, csvHeader, csvLines, type csvOptions, jsonLines } from '@granary/domain';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { attachment } from '../http/content-disposition.ts';

interface StreamedColumn {
  readonly name: string;
  readonly originalName?: string;
  readonly type: ColumnType;
}
type Columns = readonly StreamedColumn[];
type Page = readonly (readonly (string | null)[])[];

/** What is streamed, some rows at a time. */
export interface StreamedRows {
  /** Of the file, without its ending. */
  readonly title: string;
  readonly version?: number;
  readonly columns: Columns;
  readonly pages: AsyncGenerator<Page>;
  readonly headers?: Readonly<Record<string, string | number>>;
}

export interface Rendering {
  readonly type: string;
  /** Of the file's name. */
  readonly ending: string;
  readonly headers?: Readonly<Record<string, string>>;
  head(columns: Columns): string;
  lines(rows: Page, columns: Columns): string;
}

export const asJsonLines: Rendering = {
  type: 'application/jsonl; charset=utf-8',
  ending: 'jsonl',
  head: () => '',
  lines: jsonLines,
};

export function asCsv(options: z.output<typeof csvOptions>): Rendering {
  const { header, escapeFormulas } = options;
  return {
    type: `text/csv; charset=utf-8; header=${header === 'none' ? 'absent' : 'present'}`,
    ending: 'csv',
    headers: { 'granary-formulas': escapeFormulas ? 'escaped' : 'kept' },
    head: (columns) =>
      header === 'none'
        ? ''
        : csvHeader(
            columns.map((column) => (header === 'name' ? column.name : (column.originalName ?? column.name))),
            options,
          ),
    lines: (rows, columns) => csvLines(rows, columns, options),
  };
}

/** Sends rows as they come. What fails before the first byte still has a status: the first page is read by the caller. */
export function sendRows(
  reply: FastifyReply,
  rendering: Rendering,
  rows: StreamedRows,
  first: IteratorResult<Page>,
  report: (error: unknown) => unknown,
): FastifyReply {
  const account = { rows: 0, bytes: 0, hash: createHash('sha256') };
  const text = render(rendering, rows, first, account, report);
  // what the manifest of a file says, of a stream that nobody knew before: sent after the last byte (RFC 9110, 6.5)
  return reply
    .trailer('granary-rows', async () => String(account.rows))
    .trailer('granary-bytes', async () => String(account.bytes))
    .trailer('granary-sha256', async () => account.hash.digest('hex'))
    .type(rendering.type)
    .headers({
      ...rendering.headers,
      ...(rows.version !== undefined && { 'granary-version': rows.version }),
      ...rows.headers,
    })
    .header('content-disposition', attachment(`${rows.title}.${rendering.ending}`))
    .header('cache-control', 'no-store')
    .send(Readable.from(text, { objectMode: false }));
}

async function* render(
  rendering: Rendering,
  { columns, pages }: StreamedRows,
  first: IteratorResult<Page>,
  account: { rows: number; bytes: number; readonly hash: ReturnType<typeof createHash> },
  report: (error: unknown) => unknown,
): AsyncGenerator<Buffer> {
  const counted = (text: string): Buffer => {
    const bytes = Buffer.from(text);
    account.bytes += bytes.length;
    account.hash.update(bytes);
    return bytes;
  };
  const head = rendering.head(columns);
  if (head !== '') yield counted(head);
  try {
    for (let page = first; !page.done; page = await pages.next()) {
      account.rows += page.value.length;
      yield counted(rendering.lines(page.value, columns));
    }
  } catch (error) {
    report(error);
    throw error; // cuts the connection: a reader must not take a part for the whole
  } finally {
    await pages.return(undefined);
  }
}
