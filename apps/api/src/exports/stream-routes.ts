import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  type ActionDependencies,
  beginExport,
  csvHeader,
  csvLines,
  csvOptions,
  exportRows,
  jsonLines,
  parseInput,
  type RowsExport,
} from '@granary/domain';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { z } from 'zod';
import type { Authentication } from '../authentication/authenticator.ts';
import { reportFailure } from '../errors/handle-errors.ts';
import { attachment } from '../http/content-disposition.ts';
import { fastifyPath } from '../rest/action-routes.ts';
import { jsonSchemaOf } from '../rest/json-schema.ts';
import { type AddressedRequest, readQuery, spellingsOf } from '../rest/read-query.ts';

/** Everything that the route of CSV takes. */
export const csvInput = beginExport.input.extend(csvOptions.shape);
export const jsonLinesPath = '/v1/datasets/{datasetId}/rows.jsonl';

interface Rendering {
  readonly type: string;
  /** Of the file's name. */
  readonly ending: string;
  readonly headers?: Readonly<Record<string, string>>;
  head(columns: RowsExport['columns']): string;
  lines(rows: Page, columns: RowsExport['columns']): string;
}
type Page = readonly (readonly (string | null)[])[];

/** Streams the rows of a version as CSV or JSON Lines, in constant memory however many there are. */
export function registerExportStreams(
  app: FastifyInstance,
  { authentication, actions }: { readonly authentication: Authentication; readonly actions: ActionDependencies },
): void {
  const stream = (path: string, schema: z.ZodType, renderingOf: (input: unknown) => Rendering) => {
    const spellings = spellingsOf(jsonSchemaOf(schema, 'input'));
    app.get(fastifyPath(path), { exposeHeadRoute: false }, async (request: AddressedRequest, reply) => {
      const identity = await authentication.requireMember(request);
      const input = readQuery({ ...request.query, ...request.params }, spellings);
      const rendering = renderingOf(input);
      const rows = await exportRows(actions, identity, input);
      const first = await rows.pages.next(); // what fails before the first byte still has a status
      return send(reply, rendering, rows, first, (error) => reportFailure(error, request));
    });
  };
  stream(beginExport.rest.path, csvInput, (input) => asCsv(parseInput(csvOptions, input)));
  stream(jsonLinesPath, beginExport.input, () => asJsonLines);
}

const asJsonLines: Rendering = {
  type: 'application/jsonl; charset=utf-8',
  ending: 'jsonl',
  head: () => '',
  lines: jsonLines,
};

function asCsv(options: z.output<typeof csvOptions>): Rendering {
  const { header, escapeFormulas } = options;
  return {
    type: `text/csv; charset=utf-8; header=${header === 'none' ? 'absent' : 'present'}`,
    ending: 'csv',
    headers: { 'granary-formulas': escapeFormulas ? 'escaped' : 'kept' },
    head: (columns) =>
      header === 'none'
        ? ''
        : csvHeader(
            columns.map((column) => (header === 'name' ? column.name : column.originalName)),
            options,
          ),
    lines: (rows, columns) => csvLines(rows, columns, options),
  };
}

function send(
  reply: FastifyReply,
  rendering: Rendering,
  rows: RowsExport,
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
    .headers({ ...rendering.headers })
    .header('content-disposition', attachment(`${rows.datasetName}-v${rows.version}.${rendering.ending}`))
    .header('granary-version', rows.version)
    .header('granary-change-set', rows.changeSet)
    .header('cache-control', 'no-store')
    .send(Readable.from(text, { objectMode: false }));
}

async function* render(
  rendering: Rendering,
  { columns, pages }: RowsExport,
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
