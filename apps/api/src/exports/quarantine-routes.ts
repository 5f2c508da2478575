import {
  type ActionDependencies,
  beginQuarantineExport,
  csvOptions,
  exportQuarantine,
  parseInput,
} from '@granary/domain';
import type { FastifyInstance } from 'fastify';
import type { z } from 'zod';
import type { Authentication } from '../authentication/authenticator.ts';
import { reportFailure } from '../errors/handle-errors.ts';
import { fastifyPath } from '../rest/action-routes.ts';
import { jsonSchemaOf } from '../rest/json-schema.ts';
import { type AddressedRequest, readQuery, spellingsOf } from '../rest/read-query.ts';
import { asCsv, asJsonLines, type Rendering, sendRows } from './send-rows.ts';

const quarantineCsv = csvOptions.omit({ header: true });
/** Everything that the route of CSV takes. */
export const quarantineCsvInput = beginQuarantineExport.input.extend(quarantineCsv.shape);
export const quarantineJsonLinesPath = '/v1/datasets/{datasetId}/quarantine.jsonl';

/** Streams the quarantined rows of a version as CSV or JSON Lines, in constant memory however many there are. */
export function registerQuarantineStreams(
  app: FastifyInstance,
  { authentication, actions }: { readonly authentication: Authentication; readonly actions: ActionDependencies },
): void {
  const stream = (path: string, schema: z.ZodType, renderingOf: (input: unknown) => Rendering) => {
    const spellings = spellingsOf(jsonSchemaOf(schema, 'input'));
    app.get(fastifyPath(path), { exposeHeadRoute: false }, async (request: AddressedRequest, reply) => {
      const identity = await authentication.requireMember(request);
      const input = readQuery({ ...request.query, ...request.params }, spellings);
      const rendering = renderingOf(input);
      const rows = await exportQuarantine(actions, identity, input);
      const first = await rows.pages.next();
      const title = `${rows.datasetName}-v${rows.version}-quarantine`;
      return sendRows(reply, rendering, { ...rows, title }, first, (error) => reportFailure(error, request));
    });
  };
  stream(beginQuarantineExport.rest.path, quarantineCsvInput, (input) =>
    asCsv({ ...parseInput(quarantineCsv, input), header: 'name' }),
  );
  stream(quarantineJsonLinesPath, beginQuarantineExport.input, () => asJsonLines);
}
