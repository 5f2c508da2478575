import { operatorActions } from '@granary/domain';
import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { withOperator } from '../operator/with-operator.ts';
import { UsageFailure } from '../output/failure.ts';
import { describeFlag } from './print-flag.ts';

interface TargetFlags {
  readonly user?: string;
  readonly org?: string;
  readonly on?: true;
  readonly off?: true;
  readonly json?: true;
}

/** Whom a flag is on for. */
export function addTargetCommands(flag: Command, context: CommandContext): void {
  const { terminal } = context;

  flag
    .command('target')
    .description('have a flag on or off for one user or organization; with neither as for everybody else again')
    .argument('<codename>', 'as FF_ENABLE_REGISTRATION')
    .option('--user <id>', 'a user: granary user list')
    .option('--org <id>', 'an organization: granary org list --all')
    .option('--on', 'on, whatever the rollout says')
    .option('--off', 'off, whatever the rollout says')
    .option('--json', 'print one JSON object')
    .action(async (codename: string, { user, org, on, off, json }: TargetFlags) => {
      if (on && off) throw new UsageFailure('--on or --off, not both');
      if ((user === undefined) === (org === undefined)) throw new UsageFailure('--user or --org, one of them');
      await withOperator(context, async (act) => {
        const isOn = on || off ? Boolean(on) : null;
        const set = await act(operatorActions.targetFlag, { codename, userId: user, organizationId: org, on: isOn });
        terminal.print(json ? JSON.stringify(set) : describeFlag(set));
      });
    });

  flag
    .command('rollout')
    .description('have a flag on for a part of the users or organizations; who has it keeps it as the part grows')
    .argument('<codename>', 'as FF_ENABLE_REGISTRATION')
    .argument('<percentage>', 'from 0 to 100, as 25 or 0.5')
    .option('--by <what>', 'user or tenant: what is counted; as it was when left out')
    .option('--json', 'print one JSON object')
    .action((codename: string, percentage: string, { by, json }: { by?: string; json?: true }) =>
      withOperator(context, async (act) => {
        const set = await act(operatorActions.rollOutFlag, {
          codename,
          percentage: parsePercentage(percentage),
          by: parseUnit(by),
        });
        terminal.print(json ? JSON.stringify(set) : describeFlag(set));
      }),
    );
}

function parsePercentage(text: string): number {
  if (!/^\d{1,3}(\.\d{1,2})?%?$/.test(text))
    throw new UsageFailure(`${JSON.stringify(text)} is no percentage: write 25 or 0.5`);
  return Number(text.replace('%', ''));
}

function parseUnit(by: string | undefined): 'user' | 'tenant' | undefined {
  if (by === undefined || by === 'user' || by === 'tenant') return by;
  throw new UsageFailure(`--by user or --by tenant, not ${JSON.stringify(by)}`);
}
