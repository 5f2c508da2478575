import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { parseLimit } from '../input/parse-limit.ts';
import { parseTime } from '../input/parse-time.ts';
import { CommandFailure } from '../output/failure.ts';
import { followRun, requireSuccess } from './follow-run.ts';
import { changeTable, describeRun, runTable } from './print-source.ts';
import type { Run, Sources } from './sources.ts';
import { addSourceOptions, findSource, type SourceFlags, withSources } from './with-sources.ts';

interface RunFlags extends SourceFlags {
  /** --no-wait */
  readonly wait: boolean;
}

interface ImportFlags extends RunFlags {
  readonly archive?: true;
  readonly at?: string;
  readonly page?: string;
}

interface BackfillFlags extends RunFlags {
  readonly address: readonly string[];
  readonly from?: string;
  readonly to?: string;
  readonly minimumDays?: number;
}

const collect = (address: string, before: readonly string[]): readonly string[] => [...before, address];

export function addRunCommands(source: Command, context: CommandContext): void {
  const { terminal } = context;
  const runCommand = (name: string, description: string): Command =>
    addSourceOptions(source.command(name))
      .description(description)
      .argument('<source>', 'its id or name')
      .option('--no-wait', 'do not wait for the run to end');

  const perform = (nameOrId: string, flags: RunFlags, begin: (sources: Sources, id: string) => Promise<Run>) =>
    withSources(context, flags, async (sources) => {
      const { id } = await findSource(sources, nameOrId);
      const begun = await begin(sources, id);
      const run = flags.wait ? await followRun(context, sources, begun) : begun;
      terminal.print(flags.json ? JSON.stringify(run) : describeRun(run));
      if (flags.wait) requireSuccess(run);
    });

  runCommand('run', 'crawl a source now').action((nameOrId: string, flags: RunFlags) =>
    perform(nameOrId, flags, (sources, id) => sources.run(id)),
  );

  runCommand('reparse', 'derive all facts of a source again from its captures')
    .option('--dry-run', 'only count what would change')
    .action((nameOrId: string, { dryRun = false, ...flags }: RunFlags & { readonly dryRun?: boolean }) =>
      perform(nameOrId, flags, (sources, id) => sources.reparse(id, dryRun)),
    );

  runCommand('backfill', 'ask the Internet Archive for earlier pages of plugins, each with its own date')
    .option('--address <address…>', 'of which items; of all that are known, if you name none', collect, [])
    .option('--from <day>', 'only captures since this day')
    .option('--to <day>', 'only captures until this day')
    .option('--minimum-days <number>', 'between two captures of an item', parseLimit)
    .action((nameOrId: string, { address, from, to, minimumDays, ...flags }: BackfillFlags) =>
      perform(nameOrId, flags, (sources, id) =>
        sources.backfill(id, {
          ...(address.length > 0 && { addresses: address }),
          ...(from !== undefined && { from }),
          ...(to !== undefined && { to }),
          ...(minimumDays !== undefined && { minimumDays }),
        }),
      ),
    );

  runCommand('import', 'read saved pages into a source: one, or a zip of them')
    .argument('<file>', 'a page, or a .zip; a pages.json in it may say of each {file, url, capturedAt}')
    .option('--archive', 'captures that somebody else made, with their own dates')
    .option('--at <time>', 'when they were saved, where they do not say so')
    .option('--page <address>', 'of a single page, where it does not say so')
    .action((nameOrId: string, file: string, { archive, at, page, ...flags }: ImportFlags) =>
      perform(nameOrId, flags, (sources, id) =>
        sources.importFile(id, file, {
          origin: archive ? 'archive' : 'import',
          ...(at !== undefined && { capturedAt: parseTime(at) }),
          ...(page !== undefined && { url: page }),
        }),
      ),
    );

  addSourceOptions(source.command('runs'))
    .description('list a source’s runs, newest first')
    .argument('<source>', 'its id or name')
    .option('--limit <number>', 'how many at most', parseLimit, 20)
    .action((nameOrId: string, { limit, ...flags }: SourceFlags & { readonly limit: number }) =>
      withSources(context, flags, async (sources) => {
        const { id } = await findSource(sources, nameOrId);
        const runs = await sources.runs(id, limit);
        if (flags.json) return terminal.print(JSON.stringify(runs));
        terminal.print(runs.length === 0 ? 'nothing' : runTable(runs));
      }),
    );

  addSourceOptions(source.command('changes'))
    .description('show what a reparse changed, or would have: the first pages, each field before and after')
    .argument('<source>', 'its id or name')
    .argument('[run]', 'its id (default: the newest reparse)')
    .action((nameOrId: string, runId: string | undefined, flags: SourceFlags) =>
      withSources(context, flags, async (sources) => {
        const { id } = await findSource(sources, nameOrId);
        const wanted = runId ?? (await newestReparse(sources, id));
        const changes = await sources.changes(id, wanted);
        if (flags.json) return terminal.print(JSON.stringify(changes));
        terminal.print(changes.length === 0 ? 'nothing' : changeTable(changes));
      }),
    );

  addSourceOptions(source.command('cancel'))
    .description('end the runs of a source that wait or go on; what they have stored stays')
    .argument('<source>', 'its id or name')
    .action((nameOrId: string, flags: SourceFlags) =>
      withSources(context, flags, async (sources) => {
        const { id } = await findSource(sources, nameOrId);
        const open = (await sources.runs(id, 1000)).filter(({ state }) => state === 'queued' || state === 'running');
        const ended: Run[] = [];
        for (const run of open) ended.push(await sources.cancel(id, run.id));
        if (flags.json) return terminal.print(JSON.stringify(ended));
        terminal.print(ended.length === 0 ? 'nothing' : runTable(ended));
      }),
    );
}

async function newestReparse(sources: Sources, sourceId: string): Promise<string> {
  const found = (await sources.runs(sourceId, 1000)).find(({ trigger }) => trigger === 'reparse');
  if (!found) throw new CommandFailure('the source was not read again');
  return found.id;
}
