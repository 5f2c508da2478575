import type { GranaryClient } from '@granary/client';
import { type Command, Option } from 'commander';
import type { CommandContext } from '../context.ts';
import { UsageFailure } from '../output/failure.ts';
import { plural } from '../output/measures.ts';
import { formatTable } from '../output/table.ts';
import { findDataset } from './find-dataset.ts';
import { addConnectionOptions, type ConnectionFlags, openClient } from './open-client.ts';
import { parsePositive } from './parse-positive.ts';
import { type QuarantineSelection, quarantinePages } from './quarantine-pages.ts';
import { replayRows, sendCorrections } from './replay-quarantine.ts';
import { dismissSelected, reopenSelected } from './review-quarantine.ts';
import { writeStream } from './write-stream.ts';

interface QuarantineFlags extends ConnectionFlags, Pick<QuarantineSelection, 'column' | 'reason' | 'state'> {
  readonly version?: number;
  readonly limit?: number;
  readonly json?: true;
  readonly summary?: true;
  readonly output?: string;
  readonly format?: 'csv' | 'jsonl';
  readonly escapeFormulas?: true;
  readonly correct?: string;
  readonly replay?: string | true;
  readonly all?: true;
  readonly nullValues?: readonly string[];
  readonly force?: true;
  readonly dismiss?: string;
  readonly reopen?: true;
}

type Context = Pick<CommandContext, 'terminal' | 'output'>;
type Work = (client: GranaryClient, selection: QuarantineSelection) => Promise<void>;

export function addQuarantineCommand(dataset: Command, { environment, ...context }: CommandContext): void {
  addConnectionOptions(dataset.command('quarantine'))
    .description('the rows of a file that did not fit: print, export, correct, replay or dismiss them')
    .argument('<dataset>', 'its id or name')
    .option('--version <number>', 'of this version (default: the current one)', parsePositive)
    .option('--column <name>', 'only rows that did not fit because of this column')
    .option('--reason <text>', 'only rows whose reason contains this')
    .addOption(
      new Option('--state <state>', 'only these (default: all that are in quarantine)').choices([
        'open',
        'dismissed',
        'replayed',
      ]),
    )
    .option('--limit <number>', 'how many at most (default: all)', parsePositive)
    .option('--summary', 'count them by reason and column')
    .option('-o, --output <file>', 'write them to a file, to be corrected there')
    .addOption(
      new Option('--format <format>', 'of --output, or of standard output (default: csv)').choices(['csv', 'jsonl']),
    )
    .option('--escape-formulas', 'csv: put an apostrophe before text that a spreadsheet would run')
    .option('--correct <file>', 'take the corrections in an edited --output')
    .option('--replay [file]', 'put corrected rows into the dataset, with a file after taking its corrections')
    .option('--all', 'with --replay: also rows that are not corrected')
    .option('--null-values <text,…>', 'with --replay: spellings that mean NULL', (text) => text.split(','))
    .option('--force', 'take corrections also of rows that somebody else decided about since')
    .option('--dismiss <reason>', 'leave the open rows that the filters select where they are')
    .option('--reopen', 'take the dismissal of the rows that the filters select back')
    .option('--json', 'print one JSON object, or one a line')
    .action(async (idOrName: string, flags: QuarantineFlags) => {
      const work = workOf(context, flags); // what is asked for wrongly is said before anything is sent
      const client = await openClient(environment(), flags);
      const { version, column, reason, state } = flags;
      await work(client, { datasetId: await findDataset(client, idOrName), version, column, reason, state });
    });
}

function workOf(context: Context, flags: QuarantineFlags): Work {
  const { summary, output, format, correct, replay, dismiss, reopen } = flags;
  const kinds: [boolean, Work][] = [
    [summary === true, summarize(context, flags)],
    [output !== undefined || format !== undefined, exportRows(context, flags)],
    [correct !== undefined || replay !== undefined, correctAndReplay(context, flags)],
    [dismiss !== undefined, review(context, flags, (...of) => dismissSelected(...of, dismiss ?? ''))],
    [reopen === true, review(context, flags, reopenSelected)],
  ];
  const [asked, ...others] = kinds.filter(([isAsked]) => isAsked);
  if (others.length > 0)
    throw new UsageFailure('summarize, export, correct and replay, dismiss or reopen: one at a time');
  if (correct !== undefined && typeof replay === 'string')
    throw new UsageFailure('--replay with a file corrects as well: leave --correct out');
  return asked?.[1] ?? print(context, flags);
}

const print =
  ({ terminal }: Context, { limit, json }: QuarantineFlags): Work =>
  async (client, selection) => {
    let count = 0;
    for await (const { items } of quarantinePages(client, selection, limit)) {
      count += items.length;
      if (json) for (const row of items) terminal.print(JSON.stringify(row));
      else if (items.length > 0) {
        const rows = items.map(({ line, reason, column, state, correction, raw }) => [
          String(line),
          reason,
          column ?? '',
          state === 'open' && correction !== null ? 'corrected' : state,
          raw,
        ]);
        terminal.print(formatTable(['line', 'reason', 'column', 'state', 'raw text'], rows));
      }
    }
    if (count > 0 || json) return;
    terminal.print('nothing is in quarantine');
    if (selection.version === undefined) await printOthers(client, selection.datasetId, terminal);
  };

/** Rows of a file that was appended, or of a version that was copied before a change, are in that version's quarantine. */
async function printOthers(
  client: GranaryClient,
  datasetId: string,
  terminal: CommandContext['terminal'],
): Promise<void> {
  const { items } = await client.datasets.versions({ datasetId, limit: 100 });
  for (const { number, quarantinedRows } of items)
    if (quarantinedRows) terminal.print(`--version ${number} has ${plural(quarantinedRows, 'row')}`);
}

const summarize =
  ({ terminal }: Context, { json }: QuarantineFlags): Work =>
  async (client, selection) => {
    const summary = await client.datasets.quarantineSummary(selection);
    if (json) return terminal.print(JSON.stringify(summary));
    const rows = summary.reasons.map(({ rows: count, reason, column }) => [String(count), reason, column ?? '']);
    if (rows.length > 0) terminal.print(formatTable(['rows', 'reason', 'column'], rows));
    terminal.print(`${plural(summary.rows, 'row')} of version ${summary.version}`);
  };

const exportRows =
  ({ terminal, output: standardOutput }: Context, { output, format = 'csv', escapeFormulas }: QuarantineFlags): Work =>
  async (client, selection) => {
    const csv = format === 'csv' && escapeFormulas ? { escapeFormulas } : {};
    const stream = await client.datasets.exportQuarantine({ ...selection, format, ...csv });
    await writeStream(stream, output, { standardOutput, terminal });
  };

const correctAndReplay =
  ({ terminal }: Context, { correct, replay, all, nullValues, force, json }: QuarantineFlags): Work =>
  async (client, { datasetId, version: wanted, column, reason }) => {
    const file = correct ?? (typeof replay === 'string' ? replay : undefined);
    const sent =
      file === undefined
        ? null
        : await sendCorrections(
            client,
            { datasetId, version: wanted, file, ignoreRevisions: force === true },
            terminal,
          );
    const version = sent?.version ?? wanted ?? (await client.datasets.quarantineSummary({ datasetId })).version;
    const rows = all ? 'all' : 'corrected';
    const options = nullValues && { nullValues: [...nullValues] };
    const done =
      replay === undefined
        ? null
        : await replayRows(client, { datasetId, version, rows, column, reason, options }, terminal);
    const corrections = sent && { corrected: sent.corrected, gone: sent.gone };
    if (json)
      return terminal.print(JSON.stringify({ datasetId, version, ...corrections, ...(done && { replay: done }) }));
    if (sent) terminal.print(`corrected  ${plural(sent.corrected, 'row')} of version ${version}`);
    if (sent && sent.gone > 0)
      terminal.print(
        `left out   ${plural(sent.gone, 'row')} that ${sent.gone === 1 ? 'is' : 'are'} not in quarantine any more`,
      );
    if (!done) return;
    const into = done.into ? `, into version ${done.into.version} as change set ${done.into.changeSet}` : '';
    terminal.print(`replayed   ${plural(done.replayed ?? 0, 'row')}${into}`);
    terminal.print(`refused    ${plural(done.refused ?? 0, 'row')}, still in quarantine with a reason`);
  };

const review =
  (
    { terminal }: Context,
    { json }: QuarantineFlags,
    decide: (client: GranaryClient, selection: QuarantineSelection) => Promise<number>,
  ): Work =>
  async (client, selection) => {
    const changed = await decide(client, selection);
    terminal.print(json ? JSON.stringify({ changed }) : `changed    ${plural(changed, 'row')}`);
  };
