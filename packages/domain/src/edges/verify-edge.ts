import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { versionNumber } from '../ports/seen-revision.ts';
import { selectEdgeVersions } from './edge-query.ts';
import { noSuchEdge } from './no-such-edge.ts';
import { edgeVersion } from './schema.ts';
import { verificationInputs } from './verification-inputs.ts';
import { selectVerifications } from './verification-query.ts';
import { expectations, verification, verificationInput, verificationLimits } from './verification-schema.ts';

export const verifyEdge = defineMutation({
  name: 'edges.verify',
  summary: 'Have a version of an edge verified: run over samples or made up rows, within limits, against expectations',
  access: 'edge:write',
  rest: { method: 'POST', path: '/v1/edges/{edgeId}/versions/{version}/verifications' },
  input: z.object({
    edgeId: z.uuid(),
    version: versionNumber,
    inputs: z.record(z.string().max(63), verificationInput).default({}).meta({
      description: 'By port; one that is joined to a dataset’s block gets a sample of that if you do not say',
    }),
    expectations: expectations.prefault({}),
    limits: verificationLimits.prefault({}),
  }),
  output: verification,
  audit: {
    entityType: 'edge',
    entityId: ({ edgeId }) => edgeId,
    details: ({ version }, { id }) => ({ version, verificationId: id }),
  },
  async run({ db, identity: { tenantId } }, { edgeId, version, ...asked }) {
    const [row] = (
      await db.executeQuery(selectEdgeVersions(tenantId, edgeId).where('v.number', '=', version).compile())
    ).rows;
    if (!row) throw noSuchEdge();
    const inputs = await verificationInputs(db, tenantId, edgeVersion.parse(row), asked.inputs);
    const datasets = new Set(Object.values(inputs).flatMap((each) => ('datasetId' in each ? each.datasetId : [])));
    const {
      rows: [made],
    } = await sql<{ id: string }>`select id from app.request_verification(${edgeId}::uuid, ${version}::integer,
        ${JSON.stringify(asked.expectations)}::jsonb, ${JSON.stringify(asked.limits)}::jsonb, ${JSON.stringify(inputs)}::jsonb,
        ${[...datasets]}::uuid[])`.execute(db);
    const [found] = (
      await db.executeQuery(
        selectVerifications(tenantId, edgeId)
          .where('r.id', '=', made?.id ?? '')
          .compile(),
      )
    ).rows;
    return verification.parse(found);
  },
});
