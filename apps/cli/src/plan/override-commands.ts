import { operatorActions } from '@granary/domain';
import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { parseTime } from '../input/parse-time.ts';
import { withOperator } from '../operator/with-operator.ts';
import { UsageFailure } from '../output/failure.ts';

interface OverrideFlags {
  readonly reason: string;
  readonly until?: string;
  readonly json?: true;
}

export function addOverrideCommands(plan: Command, context: CommandContext): void {
  const { terminal } = context;

  plan
    .command('override')
    .description('give one organization another limit than its plan, or a feature, for a while or for good')
    .argument('<organization>', 'its id: granary org list --all')
    .argument('<entitlement>', 'as datasets or custom_roles')
    .argument('<value>', 'of a limit a number or none; of a feature on or off')
    .requiredOption('--reason <text>', 'why: it stands in the trail')
    .option('--until <time>', 'when the plan holds again, as 2027-01-31 or 2027-01-31T12:00:00Z')
    .option('--json', 'print one JSON object')
    .action((organizationId: string, entitlement: string, value: string, { reason, until, json }: OverrideFlags) =>
      withOperator(context, async (act) => {
        const set = await act(operatorActions.overrideEntitlement, {
          organizationId,
          entitlement: entitlement as never, // parsed by the action
          value: parseValue(value),
          reason,
          ...(until !== undefined && { expiresAt: parseTime(until) }),
        });
        terminal.print(json ? JSON.stringify(set) : `${set.organizationId}: ${set.entitlement} is ${value}`);
      }),
    );

  plan
    .command('reset')
    .description('let what the plan says hold again for one organization')
    .argument('<organization>', 'its id')
    .argument('<entitlement>', 'as datasets or custom_roles')
    .option('--json', 'print one JSON object')
    .action((organizationId: string, entitlement: string, { json }: { json?: true }) =>
      withOperator(context, async (act) => {
        const ended = await act(operatorActions.endOverride, { organizationId, entitlement: entitlement as never });
        terminal.print(json ? JSON.stringify(ended) : `${organizationId}: ${entitlement} is what its plan says`);
      }),
    );
}

function parseValue(value: string): number | null {
  const words: Readonly<Record<string, number | null>> = { none: null, on: 1, off: 0 };
  if (value in words) return words[value] ?? null;
  if (!/^\d{1,15}$/.test(value))
    throw new UsageFailure(`${JSON.stringify(value)} is no number, and not none, on or off`);
  return Number(value);
}
