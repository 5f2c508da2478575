import { readFile } from 'node:fs/promises';
import { type Command, InvalidArgumentError } from 'commander';
import type { CommandContext } from '../context.ts';
import { UsageFailure } from '../output/failure.ts';
import { describeSource } from './print-source.ts';
import type { SourceFields } from './sources.ts';
import { addSourceOptions, findSource, type SourceFlags, withSources } from './with-sources.ts';

interface FieldFlags extends SourceFlags {
  readonly settings?: string;
  readonly cron?: string;
  readonly schedule?: boolean;
  readonly timeZone?: string;
  readonly rate?: number;
  readonly keepDays?: number;
  readonly crawl?: boolean;
  readonly rename?: string;
}

const addFieldOptions = (command: Command): Command =>
  addSourceOptions(command)
    .option('--settings <json>', 'what the connector is told: JSON, or @ and a file with it')
    .option('--cron <fields>', 'minute, hour, day of month, month, day of week; as "15 6 * * *"')
    .option('--time-zone <name>', 'as Europe/Berlin')
    .option('--rate <number>', 'requests a second to each host, at most', number)
    .option('--keep-days <number>', 'how long captures are kept', number);

export function addChangeCommands(source: Command, context: CommandContext): void {
  const { terminal } = context;

  addFieldOptions(source.command('create'))
    .description('follow a marketplace, or pages of a site')
    .argument(
      '<connector>',
      'as chrome-web-store, firefox-addons, wordpress-plugins, vscode-gallery, open-vsx, generic',
    )
    .argument('<name>', 'what it is to be called')
    .option('--crawl', 'ask the marketplace also where its terms restrict that; for operators')
    .option('--no-crawl', 'pages are imported, and nothing is asked')
    .action(async (connector: string, name: string, flags: FieldFlags) => {
      const fields = await fieldsOf(flags);
      return withSources(context, flags, async (sources) => {
        const made = await sources.create({ connector, name, ...fields });
        terminal.print(flags.json ? JSON.stringify(made) : describeSource(made));
      });
    });

  addFieldOptions(source.command('update'))
    .description('change a source: what is not named stays')
    .argument('<source>', 'its id or name')
    .option('--rename <name>', 'another name')
    .option('--no-schedule', 'it runs only when somebody says so')
    .action(async (nameOrId: string, flags: FieldFlags) => {
      const fields = await fieldsOf(flags);
      return withSources(context, flags, async (sources) => {
        const { id } = await findSource(sources, nameOrId);
        const changed = await sources.update(id, fields);
        terminal.print(flags.json ? JSON.stringify(changed) : describeSource(changed));
      });
    });

  addSourceOptions(source.command('delete'))
    .description('delete a source with its runs and captures; what was read from them stays')
    .argument('<source>', 'its id or name')
    .action((nameOrId: string, flags: SourceFlags) =>
      withSources(context, flags, async (sources) => {
        const { id, name } = await findSource(sources, nameOrId);
        await sources.remove(id);
        terminal.print(flags.json ? JSON.stringify({ id, deleted: true }) : `${name} is deleted`);
      }),
    );

  for (const [verb, isPaused, description] of [
    ['pause', true, 'have a source ask nothing more, until it is resumed'],
    ['resume', false, 'let a paused source go on where it was'],
  ] as const)
    addSourceOptions(source.command(verb))
      .description(description)
      .argument('<source>', 'its id or name')
      .action((nameOrId: string, flags: SourceFlags) =>
        withSources(context, flags, async (sources) => {
          const { id } = await findSource(sources, nameOrId);
          const changed = await sources.pause(id, isPaused);
          terminal.print(flags.json ? JSON.stringify(changed) : describeSource(changed));
        }),
      );
}

async function fieldsOf(flags: FieldFlags): Promise<SourceFields> {
  const { settings, cron, schedule, timeZone, rate, keepDays, crawl, rename } = flags;
  return {
    ...(settings !== undefined && { settings: await readSettings(settings) }),
    ...(cron !== undefined && { cron }),
    ...(schedule === false && { cron: null }),
    ...(timeZone !== undefined && { timeZone }),
    ...(rate !== undefined && { rate }),
    ...(keepDays !== undefined && { keepCapturesDays: keepDays }),
    ...(crawl !== undefined && { crawls: crawl }),
    ...(rename !== undefined && { name: rename }),
  };
}

async function readSettings(given: string): Promise<Record<string, unknown>> {
  const text = given.startsWith('@') ? await readFile(given.slice(1), 'utf8') : given;
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return { ...parsed };
  } catch {
    // said below
  }
  throw new UsageFailure('--settings is no JSON object');
}

function number(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('must be a number above 0');
  return value;
}
