import { type Command, InvalidArgumentError } from 'commander';
import { addCallerOptions, type CallerFlags, withCaller } from '../caller/with-caller.ts';
import type { CommandContext } from '../context.ts';
import { parseLimit } from '../input/parse-limit.ts';
import { UsageFailure } from '../output/failure.ts';
import { formatTable, printable } from '../output/table.ts';
import { addCreateCommand } from './create-command.ts';
import { findPipeline } from './find-pipeline.ts';
import { formatLine, printRun, printSteps } from './print-run.ts';
import { watchRun } from './watch-run.ts';

interface RunFlags extends CallerFlags {
  readonly parameter: Record<string, string | number | boolean>;
  readonly launchKey?: string;
  readonly follow?: true;
}

/** Pipelines and their runs, through the API. */
export function addPipelineCommand(pipeline: Command, context: CommandContext): void {
  const { terminal } = context;
  addCreateCommand(pipeline, context);

  addCallerOptions(pipeline.command('list'))
    .description('list pipelines, newest first')
    .option('--limit <number>', 'how many at most', parseLimit, 50)
    .action(({ limit, ...flags }: CallerFlags & { limit: number }) =>
      withCaller(context, flags, async (client) => {
        const { items, nextCursor } = await client.pipelines.list({ limit });
        if (nextCursor !== null) terminal.note(`There are more than ${limit}: see --limit.`);
        if (flags.json) return terminal.print(JSON.stringify(items));
        if (items.length === 0) return terminal.print('nothing');
        const rows = items.map((each) => [each.id, `v${each.version}`, each.schedule?.nextRunAt ?? '', each.name]);
        terminal.print(formatTable(['id', 'version', 'next run', 'pipeline'], rows));
      }),
    );

  addCallerOptions(pipeline.command('show'))
    .description('show a pipeline with its steps and how its runs went; or, with --run, one run')
    .argument('<pipeline>', 'its id or name; with --run the id of the run')
    .option('--run', 'a run')
    .action((id: string, { run, ...flags }: CallerFlags & { run?: true }) =>
      withCaller(context, flags, async (client) => {
        if (run) return printSteps(terminal, flags, await client.runs.get({ runId: id }));
        const found = await client.pipelines.get({ pipelineId: await findPipeline(client, id) });
        if (flags.json) return terminal.print(JSON.stringify(found));
        const { statistics, current, schedule } = found;
        terminal.print(
          `${printable(found.name)}  v${found.version}  ran ${statistics.timesRun} times, ${statistics.averageRuntime?.toFixed(1) ?? '–'} s on average${schedule ? `, next ${schedule.nextRunAt}` : ''}`,
        );
        const rows = current.steps.map((step) => [
          step.name,
          step.edgeId,
          `v${step.edgeVersion}`,
          step.dependsOn.join(', '),
        ]);
        terminal.print(formatTable(['step', 'edge', 'version', 'after'], rows));
      }),
    );

  addCallerOptions(pipeline.command('run'))
    .description('run a pipeline')
    .argument('<pipeline>', 'its id or name')
    .option('--parameter <name=value>', 'what the run is given, as JSON or text; may be repeated', addParameter, {})
    .option('--launch-key <key>', 'the same key launches once')
    .option('--follow', 'print what its steps log until it is over; fails if it does')
    .action((id: string, { parameter, launchKey, follow, ...flags }: RunFlags) =>
      withCaller(context, flags, async (client) => {
        const pipelineId = await findPipeline(client, id);
        const launched = await client.runs.launch({
          pipelineId,
          parameters: parameter,
          ...(launchKey !== undefined && { launchKey }),
        });
        if (follow) return watchRun(terminal, client, launched.id, flags);
        printRun(terminal, flags, launched);
      }),
    );

  addCallerOptions(pipeline.command('watch'))
    .description('print how a run gets on and what its steps log until it is over; fails if it does')
    .argument('<run>', 'its id')
    .action((runId: string, flags: CallerFlags) =>
      withCaller(context, flags, (client) => watchRun(terminal, client, runId, flags)),
    );

  addCallerOptions(pipeline.command('runs'))
    .description('list the runs of a pipeline, newest first')
    .argument('<pipeline>', 'its id or name')
    .option('--limit <number>', 'how many at most', parseLimit, 20)
    .action((id: string, { limit, ...flags }: CallerFlags & { limit: number }) =>
      withCaller(context, flags, async (client) => {
        const { items } = await client.runs.list({ pipelineId: await findPipeline(client, id), limit });
        if (flags.json) return terminal.print(JSON.stringify(items));
        if (items.length === 0) return terminal.print('nothing');
        const rows = items.map((run) => [run.id, run.state, run.trigger, run.createdAt, run.error?.message ?? '']);
        terminal.print(formatTable(['run', 'state', 'by', 'asked for', 'error'], rows));
      }),
    );

  addCallerOptions(pipeline.command('logs'))
    .description('print what the steps of a run logged so far')
    .argument('<run>', 'its id')
    .option('--after <number>', 'only what came after this line', parseNumber, 0)
    .action((runId: string, { after, ...flags }: CallerFlags & { after: number }) =>
      withCaller(context, flags, async (client) => {
        for (let next = after; ; ) {
          const { items, after: last } = await client.runs.logs({ runId, after: next });
          for (const line of items) terminal.print(flags.json ? JSON.stringify(line) : formatLine(line));
          next = last;
          if (items.length === 0) return;
        }
      }),
    );

  for (const [verb, what] of [
    ['cancel', 'cancel a run: nothing of it is published after this'],
    ['resume', 'go on with a run that failed or was cancelled'],
  ] as const)
    addCallerOptions(pipeline.command(verb))
      .description(what)
      .argument('<run>', 'its id')
      .action((runId: string, flags: CallerFlags) =>
        withCaller(context, flags, async (client) => printRun(terminal, flags, await client.runs[verb]({ runId }))),
      );

  addCallerOptions(pipeline.command('schedule'))
    .description('have a pipeline run by itself, as you; or, with --off, no more')
    .argument('<pipeline>', 'its id or name')
    .argument('[cron]', 'minute, hour, day of month, month, day of week: "0 6 * * 1-5"')
    .option('--time-zone <zone>', 'of the IANA, as Europe/Berlin', 'UTC')
    .option('--off', 'end the schedule')
    .action(
      (
        id: string,
        cron: string | undefined,
        { timeZone, off, ...flags }: CallerFlags & { timeZone: string; off?: true },
      ) => {
        if ((cron === undefined) !== (off === true)) throw new UsageFailure('a schedule, or --off');
        return withCaller(context, flags, async (client) => {
          const pipelineId = await findPipeline(client, id);
          const schedule = cron === undefined ? null : { cron, timeZone };
          const changed = await client.pipelines.schedule({ pipelineId, revision: null, schedule });
          terminal.print(
            flags.json ? JSON.stringify(changed) : `next run: ${changed.schedule?.nextRunAt ?? 'never by itself'}`,
          );
        });
      },
    );
}

function parseNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('a number');
  return Number(text);
}

/** 5, true and "text" as JSON; what is no JSON is a text. */
function addParameter(text: string, former: RunFlags['parameter']): RunFlags['parameter'] {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new InvalidArgumentError('name=value');
  return { ...former, [name]: readValue(value) };
}

function readValue(text: string): string | number | boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string' ? value : text;
  } catch {
    return text;
  }
}
