import { type Command, Option } from 'commander';
import type { CommandContext } from '../context.ts';
import { parseLimit } from '../input/parse-limit.ts';
import { addSourceOptions, findSource, type SourceFlags } from '../source/with-sources.ts';
import { type Proposal, withDesk } from './intake-desk.ts';
import { describeDecision, describeForm, proposalTable } from './print-proposal.ts';

interface ListFlags extends SourceFlags {
  readonly state: Proposal['state'];
  readonly limit: number;
}

/** Pages that visitors propose to be followed. */
export function addIntakeCommand(intake: Command, context: CommandContext): void {
  const { terminal } = context;
  const show = (flags: SourceFlags, value: object, text: string) =>
    terminal.print(flags.json ? JSON.stringify(value) : text);

  addSourceOptions(intake.command('list'))
    .description('list what was proposed, oldest first, with what visitors wrote (--json)')
    .addOption(new Option('--state <state>', 'which').choices(['waiting', 'accepted', 'rejected']).default('waiting'))
    .option('--limit <number>', 'how many, at most', parseLimit, 50)
    .action((flags: ListFlags) =>
      withDesk(context, flags, async (desk) => {
        const found = await desk.list({ state: flags.state, limit: flags.limit });
        show(flags, found, found.length === 0 ? 'nothing' : proposalTable(found));
      }),
    );

  addSourceOptions(intake.command('accept'))
    .description('have a source ask for it from its next run on; prints what visitors wrote, which is not kept')
    .argument('<proposal>', 'its id: granary intake list')
    .argument('<source>', 'the id or name of a source of the same marketplace')
    .action((proposalId: string, nameOrId: string, flags: SourceFlags) =>
      withDesk(context, flags, async (desk) => {
        const { id } = await findSource(desk.sources, nameOrId);
        const accepted = await desk.accept(proposalId, id);
        show(flags, accepted, describeDecision(accepted));
      }),
    );

  addSourceOptions(intake.command('reject'))
    .description('decide that it is not followed; prints what visitors wrote, which is not kept')
    .argument('<proposal>', 'its id: granary intake list')
    .requiredOption('--reason <text>', 'why; it is written down')
    .action((proposalId: string, flags: SourceFlags & { readonly reason: string }) =>
      withDesk(context, flags, async (desk) => {
        const rejected = await desk.reject(proposalId, flags.reason);
        show(flags, rejected, describeDecision(rejected));
      }),
    );

  addSourceOptions(intake.command('form'))
    .description('whether visitors may propose pages')
    .option('--open', 'from now on they may')
    .option('--any-page', 'with --open: also pages of sites that are no marketplace')
    .option('--close', 'from now on they may not')
    .action((flags: SourceFlags & { readonly open?: true; readonly close?: true; readonly anyPage?: true }) =>
      withDesk(context, flags, async (desk) => {
        const isChanged = flags.open || flags.close;
        const form = isChanged
          ? await desk.configure({ isOpen: !flags.close, anyPage: flags.anyPage ?? false })
          : await desk.form();
        show(flags, form, describeForm(form));
      }),
    );
}
