import { readFile } from 'node:fs/promises';
import type { OutputOf } from '@granary/client';
import type { Command } from 'commander';
import { addCallerOptions, type CallerFlags, withCaller } from '../caller/with-caller.ts';
import type { CommandContext } from '../context.ts';
import { CommandFailure } from '../output/failure.ts';
import { printable } from '../output/table.ts';

type Category = OutputOf<'taxonomy.list'>['items'][number];

/** The organization's categories, through the API. */
export function addTaxonomyCommand(taxonomy: Command, context: CommandContext): void {
  const { terminal } = context;
  addCallerOptions(taxonomy.command('show'))
    .description('show the tree')
    .action((flags: CallerFlags) =>
      withCaller(context, flags, async (client) => {
        const categories: Category[] = [];
        for (let cursor: string | undefined; ; ) {
          const page = await client.taxonomy.list({ limit: 10_000, cursor });
          categories.push(...page.items);
          if (page.nextCursor === null) break;
          cursor = page.nextCursor;
        }
        if (flags.json) return terminal.print(JSON.stringify(categories));
        terminal.print(categories.length === 0 ? 'nothing' : treeOf(categories).join('\n'));
      }),
    );

  addCallerOptions(taxonomy.command('add'))
    .description('make a category')
    .argument('<name>', 'its name')
    .option('--below <category>', 'the id of the one that it stands below (default: at the top)')
    .action((name: string, { below, ...flags }: CallerFlags & { readonly below?: string }) =>
      withCaller(context, flags, async (client) => {
        const made = await client.taxonomy.create({ name, parentId: below ?? null });
        terminal.print(flags.json ? JSON.stringify(made) : `${made.id}  ${printable(made.name)}`);
      }),
    );

  addCallerOptions(taxonomy.command('import'))
    .description('take the concepts of a SKOS vocabulary for categories')
    .argument('<file>', 'Turtle')
    .action((file: string, flags: CallerFlags) =>
      withCaller(context, flags, async (client) => {
        const turtle = await readFile(file, 'utf8').catch((cause: Error) => {
          throw new CommandFailure(`${file} cannot be read: ${cause.message}`);
        });
        const counts = await client.taxonomy.import({ turtle });
        terminal.print(flags.json ? JSON.stringify(counts) : `${counts.created} made, ${counts.changed} changed`);
      }),
    );

  addCallerOptions(taxonomy.command('export'))
    .description('print the categories as a SKOS vocabulary in Turtle')
    .action((flags: CallerFlags) =>
      withCaller(context, flags, async (client) => {
        const exported = await client.taxonomy.export({});
        terminal.print(flags.json ? JSON.stringify(exported) : exported.turtle.trimEnd());
      }),
    );
}

/** Each below its parent, by name, two blanks further in. */
function treeOf(categories: readonly Category[]): string[] {
  const children = Map.groupBy(categories, ({ parentId }) => parentId);
  const below = (parentId: string | null, depth: number): string[] =>
    (children.get(parentId) ?? [])
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))
      .flatMap(({ id, name }) => [`${'  '.repeat(depth)}${printable(name)}`, ...below(id, depth + 1)]);
  return below(null, 0);
}
