import type { Member } from '@granary/db';
import { type ActionDependencies, beginExport, csvOptions, exportRows, parseInput } from '@granary/domain';
import type { FastifyInstance } from 'fastify';
import type { Authentication } from '../authentication/authenticator.ts';
import { asCsv, asJsonLines } from './send-rows.ts';
import { registerStream } from './stream-route.ts';

/** Everything that the route of CSV takes. */
export const csvInput = beginExport.input.extend(csvOptions.shape);
export const jsonLinesPath = '/v1/datasets/{datasetId}/rows.jsonl';

/** Streams the rows of a version as CSV or JSON Lines. */
export function registerExportStreams(
  app: FastifyInstance,
  { authentication, actions }: { readonly authentication: Authentication; readonly actions: ActionDependencies },
): void {
  const open = async (identity: Member, input: unknown) => {
    const rows = await exportRows(actions, identity, input);
    const title = `${rows.datasetName}-v${rows.version}`;
    return { ...rows, title, headers: { 'granary-change-set': rows.changeSet } };
  };
  registerStream(app, authentication, {
    path: beginExport.rest.path,
    input: csvInput,
    renderingOf: (input) => asCsv(parseInput(csvOptions, input)),
    open,
  });
  registerStream(app, authentication, {
    path: jsonLinesPath,
    input: beginExport.input,
    renderingOf: () => asJsonLines,
    open,
  });
}
