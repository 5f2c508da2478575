import { limits, operatorActions, type Plan, plans } from '@granary/domain';
import type { Command } from 'commander';
import { addCallerOptions, type CallerFlags, withCaller } from '../caller/with-caller.ts';
import type { CommandContext } from '../context.ts';
import { withOperator } from '../operator/with-operator.ts';
import { formatTable } from '../output/table.ts';
import { addOverrideCommands } from './override-commands.ts';

interface JsonFlag {
  readonly json?: true;
}

/** Plans: what one's own organization may use, through the API; who is on which plan, by an operator, on the database. */
export function addPlanCommand(plan: Command, context: CommandContext): void {
  const { terminal } = context;
  plan
    .command('list')
    .description('list the plans')
    .option('--json', 'print a JSON array')
    .action(({ json }: JsonFlag) => {
      const found = Object.entries<Plan>(plans).map(([name, each]) => ({ name, ...each }));
      if (json) return terminal.print(JSON.stringify(found));
      const rows = [
        ...limits.map((name) => [inWords(name), ...found.map((each) => amount(each.limits[name]))]),
        ['features', ...found.map(({ features }) => features.map(inWords).join(', '))],
      ];
      terminal.print(formatTable(['', ...found.map(({ name, isDefault }) => (isDefault ? `${name} *` : name))], rows));
      terminal.note('* what new organizations get');
    });

  addCallerOptions(plan.command('show'))
    .description('show the plan of the organization that the key is of, or that the person works in, and what is used')
    .action((flags: CallerFlags) =>
      withCaller(context, flags, async (client) => {
        const usage = await client.usage.get();
        if (flags.json) return terminal.print(JSON.stringify(usage));
        terminal.print(`plan  ${usage.plan}`);
        const limits = usage.limits.map(({ name, limit, used, ...from }) => [
          inWords(name),
          used === null ? '' : amount(used),
          amount(limit),
          origin(from),
        ]);
        const features = usage.features.map(({ name, isIncluded, ...from }) => [
          inWords(name),
          '',
          isIncluded ? 'included' : 'not included',
          origin(from),
        ]);
        terminal.print(formatTable(['', 'used', 'of', ''], [...limits, ...features]));
      }),
    );

  plan
    .command('set')
    .description('put an organization on a plan; a smaller one takes nothing away, it refuses what is added')
    .argument('<organization>', 'its id: granary org list --all')
    .argument('<plan>', 'as granary plan list names it')
    .option('--json', 'print one JSON object')
    .action((organizationId: string, name: string, { json }: JsonFlag) =>
      withOperator(context, async (act) => {
        const set = await act(operatorActions.setPlan, { organizationId, plan: name as never }); // parsed by the action
        terminal.print(json ? JSON.stringify(set) : `${set.organizationId} is on the plan ${set.plan}`);
      }),
    );

  addOverrideCommands(plan, context);
}

const inWords = (name: string) => name.replaceAll('_', ' ');
const amount = (value: number | null) => (value === null ? 'no limit' : value.toLocaleString('en'));
const origin = ({ isOverride, expiresAt }: { isOverride: boolean; expiresAt: string | null }) =>
  isOverride ? `for this organization${expiresAt ? `, until ${expiresAt}` : ''}` : '';
