import { operatorActions } from '@granary/domain';
import type { Command } from 'commander';
import { addCallerOptions, type CallerFlags, withCaller } from '../caller/with-caller.ts';
import type { CommandContext } from '../context.ts';
import { parseLimit } from '../input/parse-limit.ts';
import { withOperator } from '../operator/with-operator.ts';
import { formatTable, printable } from '../output/table.ts';
import { addFilterOptions, type FilterFlags, filterOf } from '../plugin/metric-option.ts';
import { metricName } from '../plugin/print-facts.ts';
import { printCompany, rowOf } from './print-company.ts';

interface MergeFlags {
  readonly reason: string;
  readonly json?: true;
}

/** Who makes plugins, through the API; which of them are one, by an operator, on the database. */
export function addCompanyCommand(company: Command, context: CommandContext): void {
  const { terminal } = context;
  addFilterOptions(addCallerOptions(company.command('top')), parseLimit)
    .description('companies by the users of their plugins')
    .action((flags: CallerFlags & FilterFlags) =>
      withCaller(context, flags, async (client) => {
        const found = await client.companies.top(filterOf(flags));
        if (flags.json) return terminal.print(JSON.stringify(found));
        if (found.items.length === 0) return terminal.print('nothing');
        const users = found.metric === null ? 'users' : metricName(found.metric);
        terminal.print(formatTable(['company', 'plugins', '', users, 'rating', 'id'], found.items.map(rowOf)));
      }),
    );

  addCallerOptions(company.command('show'))
    .description('show a company, what its plugins come to, and the plugins')
    .argument('<company>', 'its id: granary company top')
    .action((companyId: string, flags: CallerFlags) =>
      withCaller(context, flags, async (client) => {
        const found = await client.companies.get({ companyId });
        if (flags.json) return terminal.print(JSON.stringify(found));
        printCompany(terminal, found);
      }),
    );

  company
    .command('merge')
    .description('say that two companies are one; can be taken back')
    .argument('<company>', 'its id')
    .argument('<into>', 'the id of the one that both are counted as')
    .requiredOption('--reason <text>', 'why; it is written down')
    .option('--json', 'print one JSON object')
    .action((companyId: string, intoId: string, { reason, json }: MergeFlags) =>
      withOperator(context, async (act) => {
        const merged = await act(operatorActions.mergeCompanies, { companyId, intoId, reason });
        terminal.print(json ? JSON.stringify(merged) : `${companyId} is counted as ${intoId}: ${printable(reason)}`);
      }),
    );

  company
    .command('unmerge')
    .description('take a merge back')
    .argument('<company>', 'the id of the one that was merged')
    .option('--json', 'print one JSON object')
    .action((companyId: string, { json }: { readonly json?: true }) =>
      withOperator(context, async (act) => {
        const unmerged = await act(operatorActions.unmergeCompany, { companyId });
        terminal.print(json ? JSON.stringify(unmerged) : `${companyId} stands by itself`);
      }),
    );
}
