import { Readable } from 'node:stream';
import { type ActionDependencies, beginExport, exportRows, parseInput, type RowsExport } from '@granary/domain';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Authentication } from '../authentication/authenticator.ts';
import { reportFailure } from '../errors/handle-errors.ts';
import { attachment } from '../http/content-disposition.ts';
import { fastifyPath } from '../rest/action-routes.ts';
import { jsonSchemaOf } from '../rest/json-schema.ts';
import { type AddressedRequest, readQuery, spellingsOf } from '../rest/read-query.ts';
import { csvHeader, csvLines } from './csv.ts';

const csvOptions = z.object({
  header: z
    .enum(['original', 'name', 'none'])
    .default('original')
    .meta({ description: 'The names in the first line: as in the file, as filters call them, or no such line' }),
  escapeFormulas: z
    .boolean()
    .default(false)
    .meta({ description: 'Put an apostrophe before text that a spreadsheet would run as a formula' }),
});
/** Everything that the route takes. */
export const csvInput = beginExport.input.extend(csvOptions.shape);

/** Streams the rows of a version as CSV, in constant memory however many there are. */
export function registerCsvExport(
  app: FastifyInstance,
  { authentication, actions }: { readonly authentication: Authentication; readonly actions: ActionDependencies },
): void {
  const spellings = spellingsOf(jsonSchemaOf(csvInput, 'input'));
  app.get(fastifyPath(beginExport.rest.path), { exposeHeadRoute: false }, async (request: AddressedRequest, reply) => {
    const identity = await authentication.require(request);
    const input = readQuery({ ...request.query, ...request.params }, spellings);
    const options = parseInput(csvOptions, input);
    const rows = await exportRows(actions, identity, input);
    const first = await rows.pages.next(); // what fails before the first byte still has a status
    const lines = csvText(rows, first, options, (error) => reportFailure(error, request));
    return reply
      .type(`text/csv; charset=utf-8; header=${options.header === 'none' ? 'absent' : 'present'}`)
      .header('content-disposition', attachment(`${rows.datasetName}-v${rows.version}.csv`))
      .header('cache-control', 'no-store')
      .send(Readable.from(lines, { objectMode: false }));
  });
}

type Page = Awaited<ReturnType<RowsExport['pages']['next']>>;

async function* csvText(
  { columns, pages }: RowsExport,
  first: Page,
  options: z.output<typeof csvOptions>,
  report: (error: unknown) => unknown,
): AsyncGenerator<string> {
  const { header } = options;
  if (header !== 'none')
    yield csvHeader(
      columns.map((column) => (header === 'name' ? column.name : column.originalName)),
      options,
    );
  try {
    for (let page = first; !page.done; page = await pages.next()) yield csvLines(page.value, columns, options);
  } catch (error) {
    report(error);
    throw error; // cuts the connection: a reader must not take a part for the whole
  } finally {
    await pages.return(undefined);
  }
}
