import { operatorActions as actions } from '@granary/domain';
import type { Command } from 'commander';
import { z } from 'zod';
import type { CommandContext } from '../context.ts';
import { parseLimit } from '../input/parse-limit.ts';
import { readJsonFile } from '../input/read-json-file.ts';
import { withOperator } from '../operator/with-operator.ts';
import { CommandFailure } from '../output/failure.ts';
import { formatTable } from '../output/table.ts';

const titleOf = ({ version, isCurrent, createdAt }: { version: number; isCurrent: boolean; createdAt: string }) =>
  isCurrent ? `version ${version}` : `version ${version}, of ${createdAt}, by which nothing is estimated any more`;

type Flags = { readonly json?: true };

/** What revenue is estimated by (docs/adr/0034): an operator's, on the database. */
export function addRevenueCommand(revenue: Command, context: CommandContext): void {
  const { terminal } = context;

  revenue
    .command('show')
    .description('print the parameters: of the current version, or of a former one')
    .argument('[version]', 'as an estimate names it (default: the current one; with --json all)', parseLimit)
    .option('--json', 'print JSON')
    .action((version: number | undefined, { json }: Flags) =>
      withOperator(context, async (act) => {
        const models = await act(actions.getRevenueModels, {});
        const found = models.find((each) => (version === undefined ? each.isCurrent : each.version === version));
        if (!found) throw new CommandFailure(`there is no version ${version ?? ''} of the model`);
        if (json) return terminal.print(JSON.stringify(version === undefined ? models : found));
        terminal.print(`${titleOf(found)}\n${JSON.stringify(found.parameters, null, 2)}`);
      }),
    );

  revenue
    .command('versions')
    .description('list the versions, newest first')
    .option('--json', 'print JSON')
    .action(({ json }: Flags) =>
      withOperator(context, async (act) => {
        const models = await act(actions.getRevenueModels, {});
        if (json) return terminal.print(JSON.stringify(models));
        const rows = models.map((each) => [each.version, each.createdAt, each.isCurrent ? 'current' : '']);
        terminal.print(formatTable(['version', 'since', ''], rows));
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
