import { sql } from 'kysely';
import { z } from 'zod';
import { defineOperatorAction } from '../../actions/define-identity-action.ts';

export const mergeCompanies = defineOperatorAction({
  name: 'operator.mergeCompanies',
  summary: 'Say that two public companies are one; written down, and can be taken back',
  kind: 'mutation',
  input: z.object({ companyId: z.uuid(), intoId: z.uuid(), reason: z.string().trim().min(1).max(1000) }),
  output: z.object({ mergeId: z.uuid(), companyId: z.uuid(), intoId: z.uuid() }),
  async run({ db, event }, { companyId, intoId, reason }) {
    const { rows } = await sql<{ id: string }>`
      select app.merge_companies(${companyId}::uuid, ${intoId}::uuid, ${reason}) as id`.execute(db);
    event.on('company', companyId);
    event.note({ intoId, reason });
    return { mergeId: rows[0]!.id, companyId, intoId };
  },
});
