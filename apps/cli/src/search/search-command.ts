import type { InputOf } from '@granary/client';
import type { Command } from 'commander';
import { addCallerOptions, type CallerFlags, withCaller } from '../caller/with-caller.ts';
import type { CommandContext } from '../context.ts';
import { UsageFailure } from '../output/failure.ts';
import { formatTable, printable } from '../output/table.ts';
import { findCategory } from '../taxonomy/find-category.ts';

interface SearchFlags extends CallerFlags {
  readonly kind?: string;
  readonly category?: string;
  readonly passages?: boolean;
}
type Kind = InputOf<'search.query'>['kind'];

/** Finds datasets, blocks and edges, through the API. */
export function addSearchCommand(search: Command, context: CommandContext): void {
  const { terminal } = context;
  addCallerOptions(search)
    .argument('<words...>')
    .option('--kind <kind>', 'only dataset, block or edge')
    .option('--category <category>', 'only what is in this category, by name or id, or below')
    .option('--passages', 'passages with their source, as context for a language model')
    .action((words: readonly string[], { kind, category, passages, ...flags }: SearchFlags) =>
      withCaller(context, flags, async (client) => {
        const within = category === undefined ? undefined : (await findCategory(client, category)).id;
        const asked = { q: words.join(' '), kind: kindOf(kind), category: within };
        const found = passages
          ? await client.search.passages(asked)
          : { ...(await client.search.query(asked)), passages: undefined };
        const rows = found.items.map((item) => [
          item.entityType,
          printable(item.title),
          printable(('text' in item ? item.text : item.passage).replaceAll(/\s+/g, ' ')).slice(0, passages ? 2000 : 80),
        ]);
        terminal.print(flags.json ? JSON.stringify(found) : formatTable(['kind', 'name', 'passage'], rows));
        if (found.vectors === 'unavailable')
          terminal.note('The model did not answer: these were found by words alone.');
      }),
    );
}

function kindOf(text: string | undefined): Kind {
  if (text === undefined || text === 'dataset' || text === 'block' || text === 'edge') return text;
  throw new UsageFailure('--kind is dataset, block or edge');
}
