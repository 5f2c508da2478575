import type { GranaryClient, OutputOf } from '@granary/client';
import type { Command } from 'commander';
import { addCallerOptions, type CallerFlags, withCaller } from '../caller/with-caller.ts';
import type { CommandContext } from '../context.ts';
import { printable } from '../output/table.ts';
import { findPlugin } from './find-plugin.ts';

const whichPlugin = 'its id, marketplace/id, or words that it alone is called by';

/** What the organization's members write of a plugin for each other. */
export function addNoteCommands(plugin: Command, context: CommandContext): void {
  const { terminal } = context;

  addCallerOptions(plugin.command('note'))
    .description('write a note on a plugin, which the organization’s members see')
    .argument('<plugin>', whichPlugin)
    .argument('<text>', 'what you want to say')
    .action((wanted: string, body: string, flags: CallerFlags) =>
      withCaller(context, flags, async (client) => {
        const made = await client.pluginNotes.create({ pluginId: await findPlugin(client, wanted), body });
        terminal.print(flags.json ? JSON.stringify(made) : `noted (${made.id})`);
      }),
    );

  addCallerOptions(plugin.command('unnote'))
    .description('delete a note of yours')
    .argument('<note>', 'its id, as `notes` prints it')
    .action((noteId: string, flags: CallerFlags) =>
      withCaller(context, flags, async (client) => {
        await client.pluginNotes.delete({ noteId });
        terminal.print(flags.json ? JSON.stringify({ id: noteId, deleted: true }) : 'deleted');
      }),
    );

  addCallerOptions(plugin.command('notes'))
    .description('print the organization’s tags of a plugin and its notes on it, newest first')
    .argument('<plugin>', whichPlugin)
    .action((wanted: string, flags: CallerFlags) =>
      withCaller(context, flags, async (client) => {
        const found = await client.pluginNotes.list({ pluginId: await findPlugin(client, wanted) });
        terminal.print(flags.json ? JSON.stringify(found) : describe(found));
      }),
    );

  for (const [verb, description, change] of [
    ['tag', 'give a plugin tags in the organization, besides those that it has', added],
    ['untag', 'take tags from a plugin in the organization', removed],
  ] as const)
    addCallerOptions(plugin.command(verb))
      .description(description)
      .argument('<plugin>', whichPlugin)
      .argument('<tag...>', 'in words of yours')
      .action((wanted: string, given: readonly string[], flags: CallerFlags) =>
        withCaller(context, flags, async (client) => {
          const pluginId = await findPlugin(client, wanted);
          const made = await client.plugins.tag({ pluginId, tags: change(await tagsOf(client, pluginId), given) });
          terminal.print(flags.json ? JSON.stringify(made) : tagList(made.tags) || 'no tags');
        }),
      );
}

const tagsOf = async (client: GranaryClient, pluginId: string) => (await client.pluginNotes.list({ pluginId })).tags;

const tagList = (tags: readonly string[]) => printable(tags.join(', '));

const trimmed = (tags: readonly string[]) => tags.map((tag) => tag.trim());
const added = (before: readonly string[], tags: readonly string[]) => [...new Set([...before, ...trimmed(tags)])];
const removed = (before: readonly string[], tags: readonly string[]) =>
  before.filter((tag) => !trimmed(tags).includes(tag));

function describe({ tags, notes }: OutputOf<'pluginNotes.list'>): string {
  if (tags.length + notes.length === 0) return 'nothing';
  const written = notes.map(
    ({ id, body, authorId, createdAt }) =>
      `${createdAt} ${id} (by ${authorId})\n${body.split('\n').map(printable).join('\n')}`,
  );
  return [`tags: ${tagList(tags) || 'none'}`, ...written].join('\n\n');
}
