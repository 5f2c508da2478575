import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';

export const decideVerification = defineMutation({
  name: 'edges.decide',
  summary: 'Approve or reject a version that passed its verification and that somebody else wrote',
  access: 'edge:approve',
  rest: { method: 'POST', path: '/v1/edge-verifications/{verificationId}/decision' },
  input: z.object({
    verificationId: z.uuid(),
    decision: z.enum(['approved', 'rejected']),
    note: z.string().max(10_000).default(''),
  }),
  output: z.object({ verificationId: z.uuid(), edgeId: z.uuid(), decision: z.enum(['approved', 'rejected']) }),
  audit: {
    entityType: 'verification',
    entityId: ({ verificationId }) => verificationId,
    details: ({ decision }, { edgeId }) => ({ decision, edgeId }),
  },
  async run({ db }, { verificationId, decision, note }) {
    const {
      rows: [decided],
    } = await sql<{ edgeId: string }>`select edge_id as "edgeId" from app.decide_verification(${verificationId}::uuid,
      ${decision}, ${note})`.execute(db);
    return { verificationId, decision, edgeId: decided?.edgeId ?? '' };
  },
});
