import { operatorActions } from '@granary/domain';
import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { withOperator } from '../operator/with-operator.ts';
import { UsageFailure } from '../output/failure.ts';
import { formatTable } from '../output/table.ts';

interface FlagFlags {
  readonly on?: true;
  readonly off?: true;
  readonly label?: string;
  readonly json?: true;
}

interface Flag {
  readonly codename: string;
  readonly isActive: boolean;
  readonly label: string;
}

/** The switches of the installation, set by an operator as the database's owner. */
export function addFlagCommand(program: Command, context: CommandContext): void {
  const { terminal } = context;
  const flag = program
    .command('flag')
    .description('switches of the installation, by an operator: works on the database of DATABASE_URL');

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
    .option('--on', 'switched on')
    .option('--json', 'print one JSON object')
    .action((codename: string, { label, on, json }: FlagFlags) =>
      withOperator(context, async (act) =>
        printOne(json, await act(operatorActions.setFlag, { codename, label, active: Boolean(on), create: true })),
      ),
    );

  flag
    .command('toggle')
    .description('switch a flag to what it is not, or to what is said; effective at the next request')
    .argument('<codename>', 'as FF_ENABLE_REGISTRATION')
    .option('--on', 'on, whatever it is')
    .option('--off', 'off, whatever it is')
    .option('--json', 'print one JSON object')
    .action(async (codename: string, { on, off, json }: FlagFlags) => {
      if (on && off) throw new UsageFailure('--on or --off, not both');
      await withOperator(context, async (act) =>
        printOne(json, await act(operatorActions.setFlag, { codename, active: on || off ? Boolean(on) : undefined })),
      );
    });

  function print(json: true | undefined, flags: readonly Flag[]): void {
    const rows = flags.map(({ codename, isActive, label }) => [codename, isActive ? 'on' : 'off', label]);
    terminal.print(json ? JSON.stringify(flags) : formatTable(['flag', 'is', 'what it opens'], rows));
  }

  function printOne(json: true | undefined, found: Flag): void {
    terminal.print(json ? JSON.stringify(found) : `${found.codename} is ${found.isActive ? 'on' : 'off'}`);
  }
}
