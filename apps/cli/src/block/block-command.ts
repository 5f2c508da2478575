import type { Command } from 'commander';
import { addCallerOptions, type CallerFlags, withCaller } from '../caller/with-caller.ts';
import type { CommandContext } from '../context.ts';
import { findDataset } from '../dataset/find-dataset.ts';
import { parsePositive } from '../dataset/parse-positive.ts';
import { parseLimit } from '../input/parse-limit.ts';
import { formatTable } from '../output/table.ts';
import { findBlock } from './find-block.ts';
import { printBlock } from './print-block.ts';

interface ListFlags extends CallerFlags {
  readonly limit: number;
}
interface CreateFlags extends CallerFlags {
  readonly dataset?: string;
  readonly description?: string;
}

/** The catalogue's datasets and models, through the API. */
export function addBlockCommand(block: Command, context: CommandContext): void {
  const { terminal } = context;
  addCallerOptions(block.command('list'))
    .description('list the blocks that one may see, newest first')
    .option('--limit <number>', 'how many at most', parseLimit, 50)
    .action(({ limit, ...flags }: ListFlags) =>
      withCaller(context, flags, async (client) => {
        const { items, nextCursor } = await client.blocks.list({ limit });
        if (nextCursor !== null) terminal.note(`There are more than ${limit}: see --limit.`);
        if (flags.json) return terminal.print(JSON.stringify(items));
        const rows = items.map((each) => [each.name, each.blockType, each.version, each.id]);
        terminal.print(items.length === 0 ? 'nothing' : formatTable(['block', 'type', 'version', 'id'], rows));
      }),
    );

  addCallerOptions(block.command('create'))
    .description('put a dataset, or a model, into the catalogue')
    .argument('<name>', 'unique in the organization')
    .option('--dataset <dataset>', 'the dataset that it is: id or name (default: a model)')
    .option('--description <text>', 'what it is')
    .action((name: string, { dataset, description, ...flags }: CreateFlags) =>
      withCaller(context, flags, async (client) => {
        const of =
          dataset === undefined
            ? ({ blockType: 'model' } as const)
            : ({ blockType: 'dataset', datasetId: await findDataset(client, dataset) } as const);
        printBlock(terminal, flags, await client.blocks.create({ name, description, ...of }));
      }),
    );

  addCallerOptions(block.command('show'))
    .description('show a block with the columns of its current version')
    .argument('<block>', 'its name or id')
    .action((name: string, flags: CallerFlags) =>
      withCaller(context, flags, async (client) => {
        const found = await client.blocks.get({ blockId: (await findBlock(client, name)).id });
        if (flags.json) return terminal.print(JSON.stringify(found));
        const { current } = found;
        const ports = [
          ...current.inputs.map((port) => ['in', port] as const),
          ...current.outputs.map((port) => ['out', port] as const),
        ];
        const rows = ports.flatMap(([direction, port]) =>
          port.columns.map((column) => [
            direction,
            port.name,
            column.name,
            column.type,
            column.nullable ? 'may be empty' : 'always there',
          ]),
        );
        printBlock(terminal, flags, found);
        terminal.print(formatTable(['', 'port', 'column', 'type', 'values'], rows));
      }),
    );

  addCallerOptions(block.command('update'))
    .description('make the next version of a dataset’s block, of the dataset as it is now')
    .argument('<block>', 'its name or id')
    .action((name: string, flags: CallerFlags) =>
      withCaller(context, flags, async (client) => {
        const { id, revision } = await findBlock(client, name);
        printBlock(terminal, flags, await client.blocks.addVersion({ blockId: id, revision }));
      }),
    );

  addCallerOptions(block.command('alias'))
    .description('name a version, as production, or move a name to it')
    .argument('<block>', 'its name or id')
    .argument('<alias>', 'the name')
    .argument('<version>', 'the number of the version', parsePositive)
    .action((name: string, alias: string, version: number, flags: CallerFlags) =>
      withCaller(context, flags, async (client) => {
        const { id, revision } = await findBlock(client, name);
        printBlock(terminal, flags, await client.blocks.setAlias({ blockId: id, revision, name: alias, version }));
      }),
    );

  addCallerOptions(block.command('rollback'))
    .description('make an older version the current one')
    .argument('<block>', 'its name or id')
    .argument('<version>', 'the number of the version', parsePositive)
    .action((name: string, version: number, flags: CallerFlags) =>
      withCaller(context, flags, async (client) => {
        const { id, revision } = await findBlock(client, name);
        printBlock(terminal, flags, await client.blocks.rollBack({ blockId: id, revision, version }));
      }),
    );

  addCallerOptions(block.command('delete'))
    .description('delete a block that nothing uses')
    .argument('<block>', 'its name or id')
    .action((name: string, flags: CallerFlags) =>
      withCaller(context, flags, async (client) => {
        const { id, revision } = await findBlock(client, name);
        await client.blocks.delete({ blockId: id, revision });
        terminal.print(flags.json ? JSON.stringify({ deleted: id }) : `deleted ${id}`);
      }),
    );
}
