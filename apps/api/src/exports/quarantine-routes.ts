import type { Member } from '@granary/db';
import {
  type ActionDependencies,
  beginQuarantineExport,
  csvOptions,
  exportQuarantine,
  parseInput,
} from '@granary/domain';
import type { FastifyInstance } from 'fastify';
import type { Authentication } from '../authentication/authenticator.ts';
import { asCsv, asJsonLines } from './send-rows.ts';
import { registerStream } from './stream-route.ts';

const quarantineCsv = csvOptions.omit({ header: true });
/** Everything that the route of CSV takes. */
export const quarantineCsvInput = beginQuarantineExport.input.extend(quarantineCsv.shape);
export const quarantineJsonLinesPath = '/v1/datasets/{datasetId}/quarantine.jsonl';

/** Streams the quarantined rows of a version as CSV or JSON Lines. */
export function registerQuarantineStreams(
  app: FastifyInstance,
  { authentication, actions }: { readonly authentication: Authentication; readonly actions: ActionDependencies },
): void {
  const open = async (identity: Member, input: unknown) => {
    const rows = await exportQuarantine(actions, identity, input);
    return { ...rows, title: `${rows.datasetName}-v${rows.version}-quarantine` };
  };
  registerStream(app, authentication, {
    path: beginQuarantineExport.rest.path,
    input: quarantineCsvInput,
    renderingOf: (input) => asCsv({ ...parseInput(quarantineCsv, input), header: 'name' }),
    open,
  });
  registerStream(app, authentication, {
    path: quarantineJsonLinesPath,
    input: beginQuarantineExport.input,
    renderingOf: () => asJsonLines,
    open,
  });
}
