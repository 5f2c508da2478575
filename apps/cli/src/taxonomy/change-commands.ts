import type { Command } from 'commander';
import { findBlock } from '../block/find-block.ts';
import { addCallerOptions, type CallerFlags, withCaller } from '../caller/with-caller.ts';
import type { CommandContext } from '../context.ts';
import { findEdge } from '../edge/find-edge.ts';
import { UsageFailure } from '../output/failure.ts';
import { printable } from '../output/table.ts';
import { type Category, findCategory } from './find-category.ts';

const which = 'its id, or its name where no other has it';

/** What becomes of categories that are there, and what stands in them. */
export function addCategoryChangeCommands(taxonomy: Command, context: CommandContext): void {
  const { terminal } = context;
  const print = ({ json }: CallerFlags, made: Pick<Category, 'id' | 'name'>) =>
    terminal.print(json ? JSON.stringify(made) : `${made.id}  ${printable(made.name)}`);

  addCallerOptions(taxonomy.command('rename'))
    .description('call a category otherwise')
    .argument('<category>', which)
    .argument('<name>', 'what it is called from now on')
    .action((category: string, name: string, flags: CallerFlags) =>
      withCaller(context, flags, async (client) => {
        const { id, revision } = await findCategory(client, category);
        print(flags, await client.taxonomy.update({ categoryId: id, revision, name }));
      }),
    );

  addCallerOptions(taxonomy.command('move'))
    .description('put a category, with what is below it, below another one')
    .argument('<category>', which)
    .option('--below <category>', 'the other one (default: to the top)')
    .action((category: string, { below, ...flags }: CallerFlags & { readonly below?: string }) =>
      withCaller(context, flags, async (client) => {
        const { id, revision } = await findCategory(client, category);
        const parentId = below === undefined ? null : (await findCategory(client, below)).id;
        print(flags, await client.taxonomy.move({ categoryId: id, revision, parentId }));
      }),
    );

  addCallerOptions(taxonomy.command('merge'))
    .description('make two categories one, which holds what both held')
    .argument('<category>', `the one that goes: ${which}`)
    .argument('<into>', 'the one that stays')
    .action((category: string, into: string, flags: CallerFlags) =>
      withCaller(context, flags, async (client) => {
        const { id, revision } = await findCategory(client, category);
        const intoCategoryId = (await findCategory(client, into)).id;
        print(flags, await client.taxonomy.merge({ categoryId: id, revision, intoCategoryId }));
      }),
    );

  addCallerOptions(taxonomy.command('delete'))
    .description('delete a category')
    .argument('<category>', which)
    .option('--to <category>', 'what takes the categories, blocks and edges in it')
    .action((category: string, { to, ...flags }: CallerFlags & { readonly to?: string }) =>
      withCaller(context, flags, async (client) => {
        const { id, revision } = await findCategory(client, category);
        const toCategoryId = to === undefined ? undefined : (await findCategory(client, to)).id;
        await client.taxonomy.delete({ categoryId: id, revision, toCategoryId });
        terminal.print(flags.json ? JSON.stringify({ deleted: id }) : `deleted ${id}`);
      }),
    );

  addCallerOptions(taxonomy.command('put'))
    .description('say in which categories a block or an edge stands, and in no others')
    .argument('<kind>', 'block or edge')
    .argument('<name>', 'its name or id')
    .argument('[categories...]', which)
    .action((kind: string, name: string, names: string[], flags: CallerFlags) =>
      withCaller(context, flags, async (client) => {
        if (kind !== 'block' && kind !== 'edge') throw new UsageFailure('a block or an edge');
        const categories: string[] = [];
        for (const each of names) categories.push((await findCategory(client, each)).id);
        const put =
          kind === 'block'
            ? await client.taxonomy.categorizeBlock({ blockId: (await findBlock(client, name)).id, categories })
            : await client.taxonomy.categorizeEdge({ edgeId: (await findEdge(client, name)).id, categories });
        terminal.print(flags.json ? JSON.stringify(put) : `in ${put.categories.length}`);
      }),
    );
}
