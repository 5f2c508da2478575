import { operatorActions as actions } from '@granary/domain';
import type { Command } from 'commander';
import { z } from 'zod';
import type { CommandContext } from '../context.ts';
import { readJsonFile } from '../input/read-json-file.ts';
import { withOperator } from '../operator/with-operator.ts';
import { CommandFailure } from '../output/failure.ts';

type Flags = { readonly json?: true };

/** What revenue is estimated by (docs/adr/0034): an operator's, on the database. */
export function addRevenueCommand(revenue: Command, context: CommandContext): void {
  const { terminal } = context;

  revenue
    .command('show')
    .description('print the parameters; with --json those of former versions as well')
    .option('--json', 'print JSON')
    .action(({ json }: Flags) =>
      withOperator(context, async (act) => {
        const models = await act(actions.getRevenueModels, {});
        if (json) return terminal.print(JSON.stringify(models));
        const current = models.find(({ isCurrent }) => isCurrent);
        terminal.print(`version ${current?.version ?? 'none'}\n${JSON.stringify(current?.parameters, null, 2)}`);
      }),
    );

  revenue
    .command('set')
    .description('estimate everything by other parameters: a new version; what is not in the file stays')
    .argument('<file>', 'a JSON object, of the form that `show` prints')
    .option('--json', 'print JSON')
    .action(async (file: string, { json }: Flags) => {
      const read = z.record(z.string(), z.unknown()).safeParse(await readJsonFile(file));
      if (!read.success) throw new CommandFailure(`${file} is no JSON object`);
      await withOperator(context, async (act) => {
        const models = await act(actions.getRevenueModels, {});
        const current = models.find(({ isCurrent }) => isCurrent)?.parameters;
        const wanted = actions.setRevenueModel.input.safeParse({ parameters: { ...current, ...read.data } });
        if (!wanted.success) throw new CommandFailure(z.prettifyError(wanted.error));
        const made = await act(actions.setRevenueModel, wanted.data);
        terminal.print(json ? JSON.stringify(made) : `revenue is estimated by version ${made.version}`);
      });
    });
}
