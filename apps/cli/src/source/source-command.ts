import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { addCaptureCommands } from './capture-commands.ts';
import { addChangeCommands } from './change-commands.ts';
import { describeAlarm, describeHealth, describeSource, sourceTable } from './print-source.ts';
import { addRunCommands } from './run-commands.ts';
import type { Alarm } from './sources.ts';
import { addSourceOptions, findSource, type SourceFlags, withSources } from './with-sources.ts';

/** What is followed: an organization's sources through the API, or those of the installation, by an operator. */
export function addSourceCommand(source: Command, context: CommandContext): void {
  const { terminal } = context;
  addSourceOptions(source.command('list'))
    .description('list the sources')
    .action((flags: SourceFlags) =>
      withSources(context, flags, async (sources) => {
        const found = await sources.list();
        if (flags.json) return terminal.print(JSON.stringify(found));
        terminal.print(found.length === 0 ? 'nothing' : sourceTable(found));
      }),
    );

  addSourceOptions(source.command('show'))
    .description('show a source')
    .argument('<source>', 'its id or name')
    .action((nameOrId: string, flags: SourceFlags) =>
      withSources(context, flags, async (sources) => {
        const found = await findSource(sources, nameOrId);
        terminal.print(flags.json ? JSON.stringify(found) : describeSource(found));
      }),
    );

  addSourceOptions(source.command('health'))
    .description('show how well a source’s pages are read, field by field, beside the runs before')
    .argument('<source>', 'its id or name')
    .action((nameOrId: string, flags: SourceFlags) =>
      withSources(context, flags, async (sources) => {
        const { id } = await findSource(sources, nameOrId);
        const health = await sources.health(id);
        terminal.print(flags.json ? JSON.stringify(health) : describeHealth(health));
      }),
    );

  addSourceOptions(source.command('acknowledge'))
    .description('say that you know of a source’s alarms: from now on these fields are judged by what later runs read')
    .argument('<source>', 'its id or name')
    .argument('[field]', 'of this field alone')
    .action((nameOrId: string, field: string | undefined, flags: SourceFlags) =>
      withSources(context, flags, async (sources) => {
        const { id } = await findSource(sources, nameOrId);
        const { open } = await sources.health(id);
        const known: Alarm[] = [];
        for (const alarm of open.filter((each) => field === undefined || each.field === field))
          known.push(await sources.acknowledge(id, alarm.id));
        if (flags.json) return terminal.print(JSON.stringify(known));
        terminal.print(known.length === 0 ? 'nothing' : known.map(describeAlarm).join('\n'));
      }),
    );

  addChangeCommands(source, context);
  addRunCommands(source, context);
  addCaptureCommands(source, context);
}
