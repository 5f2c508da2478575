import type { GranaryClient, OutputOf } from '@granary/client';
import type { Command } from 'commander';
import { addCallerOptions, type CallerFlags, withCaller } from '../caller/with-caller.ts';
import type { CommandContext } from '../context.ts';
import { CommandFailure, UsageFailure } from '../output/failure.ts';
import { formatTable } from '../output/table.ts';
import { findPlugin } from '../plugin/find-plugin.ts';
import { count, metricName, titleOf } from '../plugin/print-facts.ts';

type WatchList = OutputOf<'watchLists.list'>[number];
type Plugin = OutputOf<'watchLists.get'>['items'][number];

/** Plugins that one wants to be told of. */
export function addWatchCommand(watch: Command, context: CommandContext): void {
  const { terminal } = context;
  const command = (name: string, description: string) => addCallerOptions(watch.command(name)).description(description);

  command('list', 'list the organization’s watch lists').action((flags: CallerFlags) =>
    withCaller(context, flags, async (client) => {
      const found = await client.watchLists.list({});
      if (flags.json) return terminal.print(JSON.stringify(found));
      const rows = found.map((each) => [each.id, each.name, each.plugins, `${each.usersPercent} %`]);
      terminal.print(rows.length === 0 ? 'nothing' : formatTable(['id', 'name', 'plugins', 'users differ by'], rows));
    }),
  );

  command('show', 'show the plugins in a list')
    .argument('<list>', 'its id or name')
    .action((list: string, flags: CallerFlags) =>
      withCaller(context, flags, async (client) => {
        const items = await pluginsOf(client, await findList(client, list));
        if (flags.json) return terminal.print(JSON.stringify(items));
        const rows = items.map((each) => [
          titleOf(each),
          `${each.marketplace}/${each.externalId}`,
          each.state,
          each.users === null ? '' : `${count(each.users)} ${metricName(each.users.metric)}`,
        ]);
        terminal.print(rows.length === 0 ? 'nothing' : formatTable(['plugin', 'at', 'state', 'users'], rows));
      }),
    );

  command('create', 'make a list')
    .argument('<name>')
    .option('--users-percent <number>', 'by how much users have to differ for you to be told', percent, 10)
    .action((name: string, flags: CallerFlags & { readonly usersPercent: number }) =>
      withCaller(context, flags, async (client) => {
        const { id } = await client.watchLists.create({ name, usersPercent: flags.usersPercent });
        terminal.print(flags.json ? JSON.stringify({ id }) : id);
      }),
    );

  command('delete', 'delete a list')
    .argument('<list>', 'its id or name')
    .action((list: string, flags: CallerFlags) =>
      withCaller(context, flags, async (client) => {
        const { id: watchListId } = await findList(client, list);
        const deleted = await client.watchLists.delete({ watchListId });
        terminal.print(flags.json ? JSON.stringify(deleted) : 'deleted');
      }),
    );

  for (const [name, description] of [
    ['add', 'put a plugin into a list'],
    ['remove', 'take a plugin out of a list'],
  ] as const)
    command(name, description)
      .argument('<list>', 'its id or name')
      .argument('<plugin>', 'its id, marketplace/id, or words that it alone is called by')
      .action((list: string, plugin: string, flags: CallerFlags) =>
        withCaller(context, flags, async (client) => {
          const { id: watchListId } = await findList(client, list);
          const done = await client.watchLists[name]({ watchListId, pluginId: await findPlugin(client, plugin) });
          terminal.print(flags.json ? JSON.stringify(done) : name === 'add' ? 'watched' : 'not watched any more');
        }),
      );
}

function percent(text: string): number {
  const number = Number(text);
  if (!(number >= 0.1 && number <= 1000)) throw new UsageFailure('--users-percent is a number from 0.1 to 1000');
  return number;
}

async function findList(client: GranaryClient, nameOrId: string): Promise<WatchList> {
  const wanted = nameOrId.toLowerCase();
  const found = (await client.watchLists.list({})).filter(
    ({ id, name }) => id === wanted || name.toLowerCase() === wanted,
  );
  const [list, other] = found;
  if (!list) throw new CommandFailure(`there is no watch list ${JSON.stringify(nameOrId)}`);
  if (other) throw new CommandFailure(`several watch lists are called ${JSON.stringify(nameOrId)}: name one by its id`);
  return list;
}

async function pluginsOf(client: GranaryClient, { id: watchListId }: WatchList): Promise<Plugin[]> {
  const found: Plugin[] = [];
  for (let cursor: string | undefined; ; ) {
    const { items, nextCursor } = await client.watchLists.get({ watchListId, cursor });
    found.push(...items);
    if (nextCursor === null) return found;
    cursor = nextCursor;
  }
}
