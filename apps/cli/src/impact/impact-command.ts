import type { GranaryClient, InputOf, OutputOf } from '@granary/client';
import { columnTypes } from '@granary/domain/column-types';
import type { Command } from 'commander';
import { findBlock } from '../block/find-block.ts';
import { addCallerOptions, type CallerFlags, withCaller } from '../caller/with-caller.ts';
import type { CommandContext } from '../context.ts';
import { findDataset } from '../dataset/find-dataset.ts';
import { parsePositive } from '../dataset/parse-positive.ts';
import { findEdge } from '../edge/find-edge.ts';
import { UsageFailure } from '../output/failure.ts';
import { formatTable, printable } from '../output/table.ts';
import { findPipeline } from '../pipeline/find-pipeline.ts';

interface ImpactFlags extends CallerFlags {
  readonly remove?: readonly string[];
  readonly rename?: readonly string[];
  readonly add?: readonly string[];
  readonly retype?: readonly string[];
  readonly most?: number;
  readonly deepest?: number;
  readonly port?: string;
}
type Impact = OutputOf<'impact.of'>;
type Start = Pick<InputOf<'impact.of'>, 'entityType' | 'entityId' | 'reference'>;

/** What a change would reach, through the API. */
export function addImpactCommand(impact: Command, context: CommandContext): void {
  const { terminal } = context;
  addCallerOptions(impact)
    .argument('<kind>', 'block, edge, dataset, pipeline, package, service or doi')
    .argument('<name>', 'its name or id; a package URL, an address, a DOI')
    .option('--remove <columns...>', 'columns that are going to be taken away')
    .option('--rename <old=new...>', 'columns that are going to be called otherwise')
    .option('--add <name=type...>', 'columns that are going to be there; they may be null')
    .option('--retype <name=type...>', 'columns that are going to be of another type')
    .option('--most <number>', 'so many things at most (default: 1000)', parsePositive)
    .option('--deepest <number>', 'no further away than so many arcs (default: 100)', parsePositive)
    .option('--port <port>', 'of which port (default: rows)')
    .action((kind: string, name: string, { remove, rename, add, retype, most, deepest, port, ...flags }: ImpactFlags) =>
      withCaller(context, flags, async (client) => {
        const start = await startOf(client, kind, name);
        const change = (remove || rename || add || retype) && {
          port,
          remove: [...(remove ?? [])],
          rename: (rename ?? []).map((text) => {
            const [from, to] = pairOf('--rename', 'old=new', text);
            return { from, to };
          }),
          add: (add ?? []).map((text) => typed('--add', text)),
          retype: (retype ?? []).map((text) => typed('--retype', text)),
        };
        const found = await client.impact.of({ ...start, change, most, deepest });
        terminal.print(flags.json ? JSON.stringify(found) : describe(found));
        if (!found.isComplete) terminal.note('There is more: the answer is bounded.');
      }),
    );
}

async function startOf(client: GranaryClient, kind: string, name: string): Promise<Start> {
  switch (kind) {
    case 'block':
      return { entityType: kind, entityId: (await findBlock(client, name)).id };
    case 'edge':
      return { entityType: kind, entityId: (await findEdge(client, name)).id };
    case 'dataset':
      return { entityType: kind, entityId: await findDataset(client, name) };
    case 'pipeline':
      return { entityType: kind, entityId: await findPipeline(client, name) };
    case 'package':
    case 'service':
    case 'doi':
      return { entityType: kind, reference: name };
    default:
      throw new UsageFailure('a block, edge, dataset, pipeline, package, service or doi');
  }
}

function pairOf(option: string, form: string, text: string): readonly [string, string] {
  const [first = '', second = '', ...more] = text.split('=');
  if (first === '' || second === '' || more.length > 0) throw new UsageFailure(`${option} is written ${form}`);
  return [first, second];
}

function typed(option: string, text: string) {
  const [name, said] = pairOf(option, 'name=type', text);
  const type = columnTypes.find((each) => each === said);
  if (!type) throw new UsageFailure(`${option}: a type is one of ${columnTypes.join(', ')}`);
  return { name, type };
}

function describe({ items, misfits }: Impact): string {
  if (items.length === 0) return 'nothing';
  const rows = items.map(({ effect, kind, name, path, reason }) => [
    effect,
    kind,
    printable(name),
    (
      path ?? [
        { reason: null, name: '…' },
        { reason, name },
      ]
    )
      .map((step) => (step.reason === null ? printable(step.name) : `→ ${step.reason} → ${printable(step.name)}`))
      .join(' '),
  ]);
  const wrong = misfits.flatMap(({ edgeId, port, misfits: columns }) =>
    columns.map(({ column, reason }) => `port ${printable(port)} of edge ${edgeId}: ${printable(column)} (${reason})`),
  );
  return [formatTable(['effect', 'what', 'name', 'way'], rows), ...wrong].join('\n');
}
