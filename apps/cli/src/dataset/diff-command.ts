import type { OutputOf } from '@granary/client';
import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { formatTable } from '../output/table.ts';
import { findDataset } from './find-dataset.ts';
import { addConnectionOptions, type ConnectionFlags, openClient } from './open-client.ts';

type Diff = OutputOf<'datasets.diff'>;

interface DiffFlags extends ConnectionFlags {
  readonly by?: string[];
  readonly columns?: string[];
  readonly json?: true;
}

export function addDiffCommand(dataset: Command, { environment, terminal }: CommandContext): void {
  addConnectionOptions(dataset.command('diff'))
    .description('compare two versions of a dataset: columns, counts, and the first rows that differ')
    .argument('<dataset>', 'its id or name')
    .argument('<from>', 'a version by number or alias', parseVersion)
    .argument('<to>', 'the version to compare with it', parseVersion)
    .option('--by <names>', 'the columns that tell rows apart, with commas', (text) => text.split(','))
    .option('--columns <names>', 'compare only these, with commas', (text) => text.split(','))
    .option('--json', 'print one JSON object')
    .action(
      async (
        idOrName: string,
        from: number | string,
        to: number | string,
        { by, columns, json, ...flags }: DiffFlags,
      ) => {
        const client = await openClient(environment(), flags);
        const datasetId = await findDataset(client, idOrName);
        const diff = await client.datasets.diff({ datasetId, from, to, keyColumns: by, columns });
        if (json) return terminal.print(JSON.stringify(diff));
        for (const line of describeSchema(diff)) terminal.print(line);
        const { added = 0, removed = 0, changed = 0 } = diff.counts ?? {};
        terminal.print(`${added} added, ${removed} removed, ${changed} changed, by ${diff.by}`);
        if (diff.rows.length > 0)
          terminal.print(formatTable(['row', 'key', 'column', 'before', 'after'], linesOf(diff)));
        if (diff.nextCursor !== null) terminal.note('there are more rows that differ; these are the first');
      },
    );
}

/** Aliases begin with a letter, so that digits are always a number. */
function parseVersion(text: string): number | string {
  return /^\d+$/.test(text) ? Number(text) : text;
}

function describeSchema({ columns: { added, removed, retyped } }: Diff): string[] {
  return [
    ...added.map(({ name, type }) => `column ${name} (${type}) added`),
    ...removed.map(({ name, type }) => `column ${name} (${type}) removed`),
    ...retyped.map(({ name, before, after }) => `column ${name} was ${before}, is ${after}`),
  ];
}

const linesOf = ({ rows }: Diff): string[][] =>
  rows.flatMap(({ op, key, copies, cells }) =>
    Object.entries(cells).map(([name, { before, after }]) => [
      copies === 1 ? op : `${op} ×${copies}`,
      Object.values(key).join(', '),
      name,
      before ?? '',
      after ?? '',
    ]),
  );
