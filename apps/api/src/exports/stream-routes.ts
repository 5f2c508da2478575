import { type ActionDependencies, beginExport, csvOptions, exportRows, parseInput } from '@granary/domain';
import type { FastifyInstance } from 'fastify';
import type { z } from 'zod';
import type { Authentication } from '../authentication/authenticator.ts';
import { reportFailure } from '../errors/handle-errors.ts';
import { fastifyPath } from '../rest/action-routes.ts';
import { jsonSchemaOf } from '../rest/json-schema.ts';
import { type AddressedRequest, readQuery, spellingsOf } from '../rest/read-query.ts';
import { asCsv, asJsonLines, type Rendering, sendRows } from './send-rows.ts';

/** Everything that the route of CSV takes. */
export const csvInput = beginExport.input.extend(csvOptions.shape);
export const jsonLinesPath = '/v1/datasets/{datasetId}/rows.jsonl';

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
      return sendRows(
        reply,
        rendering,
        { ...rows, title: `${rows.datasetName}-v${rows.version}`, headers: { 'granary-change-set': rows.changeSet } },
        first,
        (error) => reportFailure(error, request),
      );
    });
  };
  stream(beginExport.rest.path, csvInput, (input) => asCsv(parseInput(csvOptions, input)));
  stream(jsonLinesPath, beginExport.input, () => asJsonLines);
}
