import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { OutputOf } from '@granary/client';
import type { Command } from 'commander';
import { addCallerOptions, type CallerFlags, withCaller } from '../caller/with-caller.ts';
import type { CommandContext } from '../context.ts';
import { CommandFailure, UsageFailure } from '../output/failure.ts';
import { printable } from '../output/table.ts';
import { addCategoryChangeCommands } from './change-commands.ts';
import { type Category, findCategory } from './find-category.ts';

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
    .option('--below <category>', 'the one that it stands below, by id or name (default: at the top)')
    .action((name: string, { below, ...flags }: CallerFlags & { readonly below?: string }) =>
      withCaller(context, flags, async (client) => {
        const parentId = below === undefined ? null : (await findCategory(client, below)).id;
        const made = await client.taxonomy.create({ name, parentId });
        terminal.print(flags.json ? JSON.stringify(made) : `${made.id}  ${printable(made.name)}`);
      }),
    );

  addCallerOptions(taxonomy.command('import'))
    .description('take the concepts of a SKOS vocabulary for categories')
    .argument('<file>', 'Turtle; JSON-LD with its context in itself; RDF/XML')
    .option('--format <format>', formatsInWords)
    .action((file: string, { format: said, ...flags }: CallerFlags & { readonly format?: string }) =>
      withCaller(context, flags, async (client) => {
        const format = formatOf(said ?? formatsByEnding[path.extname(file).toLowerCase()] ?? 'turtle');
        const vocabulary = await readFile(file, 'utf8').catch((cause: Error) => {
          throw new CommandFailure(`${file} cannot be read: ${cause.message}`);
        });
        const counts = await client.taxonomy.import({ format, vocabulary });
        terminal.print(flags.json ? JSON.stringify(counts) : `${counts.created} made, ${counts.changed} changed`);
      }),
    );

  addCallerOptions(taxonomy.command('export'))
    .description('print the categories as a SKOS vocabulary')
    .option('--format <format>', formatsInWords, 'turtle')
    .action(({ format, ...flags }: CallerFlags & { readonly format: string }) =>
      withCaller(context, flags, async (client) => {
        const exported = await client.taxonomy.export({ format: formatOf(format) });
        terminal.print(flags.json ? JSON.stringify(exported) : exported.vocabulary.trimEnd());
      }),
    );

  addCategoryChangeCommands(taxonomy, context);
}

type Format = OutputOf<'taxonomy.export'>['format'];
const formatsInWords = 'turtle, json-ld or rdf-xml';
const formatsByEnding: Readonly<Record<string, string>> = {
  '.jsonld': 'json-ld',
  '.json': 'json-ld',
  '.rdf': 'rdf-xml',
  '.xml': 'rdf-xml',
  '.owl': 'rdf-xml',
};

function formatOf(text: string): Format {
  if (text === 'turtle' || text === 'json-ld' || text === 'rdf-xml') return text;
  throw new UsageFailure(`--format is ${formatsInWords}`);
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
