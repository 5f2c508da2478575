import { sql } from 'kysely';
import { z } from 'zod';
import { defineOperatorAction } from '../../actions/define-identity-action.ts';

export const unmergeCompany = defineOperatorAction({
  name: 'operator.unmergeCompany',
  summary: 'Take a merge back: the company, with what was merged into it before, stands by itself again',
  kind: 'mutation',
  input: z.object({ companyId: z.uuid() }),
  output: z.object({ mergeId: z.uuid(), companyId: z.uuid() }),
  async run({ db, event }, { companyId }) {
    const { rows } = await sql<{ id: string }>`select app.unmerge_company(${companyId}::uuid) as id`.execute(db);
    event.on('company', companyId);
    return { mergeId: rows[0]!.id, companyId };
  },
});
