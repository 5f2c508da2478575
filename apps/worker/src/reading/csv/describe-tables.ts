import type { TablePlan } from '../reading-plan.ts';
import { type ChosenTable, listSections } from './choose-table.ts';

/** The plan, with what is to be said of the other tables of its file. */
export function describeTables(plan: TablePlan, { number, sections }: ChosenTable): TablePlan {
  const { dialect, notes } = plan.inspection;
  return {
    ...plan,
    inspection: {
      ...plan.inspection,
      dialect: dialect && {
        ...dialect,
        table: number,
        tables: sections.map(({ firstLine, lastLine }) => ({ firstLine, lastLine })),
      },
      notes: [
        `The file holds ${sections.length} tables: ${listSections(sections)}. Table ${number} was read; what belongs to the others is in quarantine. The option table names another.`,
        ...notes,
      ],
    },
  };
}
