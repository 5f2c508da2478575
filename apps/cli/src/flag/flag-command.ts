import { operatorActions } from '@granary/domain';
import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { parseTime } from '../input/parse-time.ts';
import { withOperator } from '../operator/with-operator.ts';
import { UsageFailure } from '../output/failure.ts';
import { describeFlag, type Flag, flagTable } from './print-flag.ts';
import { addTargetCommands } from './target-commands.ts';

interface FlagFlags {
  readonly on?: true;
  readonly off?: true;
  readonly label?: string;
  readonly description?: string;
  readonly until?: string;
  readonly json?: true;
}

const until = 'when what the code says holds again, as 2027-01-31 or 2027-01-31T12:00:00Z; never: for good';

/** The switches of the installation, set by an operator as the database's owner. */
export function addFlagCommand(flag: Command, context: CommandContext): void {
  const { terminal } = context;
  flag
    .command('list')
    .description('list the flags; those that the code knows are there, on or off')
    .option('--json', 'print a JSON array')
    .action(({ json }: FlagFlags) =>
      withOperator(context, async (act) => print(json, await act(operatorActions.listFlags, {}))),
    );

  flag
    .command('show')
    .description('show one flag')
    .argument('<codename>', 'as FF_ENABLE_REGISTRATION')
    .option('--json', 'print one JSON object')
    .action((codename: string, { json }: FlagFlags) =>
      withOperator(context, async (act) => {
        const found = (await act(operatorActions.listFlags, {})).find((each) => each.codename === codename);
        if (!found) throw new UsageFailure(`there is no flag ${JSON.stringify(codename)}: granary flag list`);
        printOne(json, found);
      }),
    );

  flag
    .command('create')
    .description('make a flag of another name than those that the code knows; off unless told otherwise')
    .argument('<codename>', 'as FF_SOMETHING_NEW')
    .option('--label <text>', 'what it is for')
    .option('--description <text>', 'more of the same')
    .option('--until <time>', until)
    .option('--on', 'switched on')
    .option('--json', 'print one JSON object')
    .action((codename: string, { label, description, until, on, json }: FlagFlags) =>
      withOperator(context, async (act) =>
        printOne(
          json,
          await act(operatorActions.setFlag, {
            codename,
            label,
            description,
            expiresAt: timeOf(until),
            active: Boolean(on),
            create: true,
          }),
        ),
      ),
    );

  flag
    .command('toggle')
    .description('switch a flag to what it is not, or to what is said; in every process within a second')
    .argument('<codename>', 'as FF_ENABLE_REGISTRATION')
    .option('--on', 'on, whatever it is')
    .option('--off', 'off, whatever it is')
    .option('--until <time>', until)
    .option('--json', 'print one JSON object')
    .action(async (codename: string, { on, off, until, json }: FlagFlags) => {
      if (on && off) throw new UsageFailure('--on or --off, not both');
      await withOperator(context, async (act) =>
        printOne(
          json,
          await act(operatorActions.setFlag, {
            codename,
            active: on || off ? Boolean(on) : undefined,
            expiresAt: timeOf(until),
          }),
        ),
      );
    });

  addTargetCommands(flag, context);

  function print(json: true | undefined, flags: readonly Flag[]): void {
    terminal.print(json ? JSON.stringify(flags) : flagTable(flags));
  }

  function printOne(json: true | undefined, found: Flag): void {
    terminal.print(json ? JSON.stringify(found) : describeFlag(found));
  }
}

const timeOf = (until: string | undefined): string | null | undefined =>
  until === undefined ? undefined : until === 'never' ? null : parseTime(until);
