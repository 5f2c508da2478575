import type { GranaryClient, InputOf, OutputOf } from '@granary/client';
import type { Command } from 'commander';
import { findBlock } from '../block/find-block.ts';
import { addCallerOptions, type CallerFlags, withCaller } from '../caller/with-caller.ts';
import type { CommandContext } from '../context.ts';
import { findDataset } from '../dataset/find-dataset.ts';
import { findEdge } from '../edge/find-edge.ts';
import { UsageFailure } from '../output/failure.ts';
import { formatTable, printable } from '../output/table.ts';

type Dependency = OutputOf<'dependencies.ofBlock'>[number];
type Found = OutputOf<'dependencies.foundOfEdge'>[number];
type Target = InputOf<'dependencies.addToBlock'>['target'];

/** What blocks and edges depend on, through the API. */
export function addDependencyCommand(dependency: Command, context: CommandContext): void {
  const { terminal } = context;
  addCallerOptions(dependency.command('list'))
    .description('list what a block or an edge depends on, entered by hand or found in its code')
    .argument('<kind>', 'block or edge')
    .argument('<name>', 'its name or id')
    .action((kind: string, name: string, flags: CallerFlags) =>
      withCaller(context, flags, async (client) => {
        const found =
          dependent(kind) === 'block'
            ? await client.dependencies.ofBlock({ blockId: (await findBlock(client, name)).id, limit: 1000 })
            : await client.dependencies.ofEdge({ edgeId: (await findEdge(client, name)).id, limit: 1000 });
        if (flags.json) return terminal.print(JSON.stringify(found));
        terminal.print(found.length === 0 ? 'nothing' : formatTable(heads, found.map(rowOf)));
      }),
    );

  addCallerOptions(dependency.command('add'))
    .description('note that a block or an edge depends on something')
    .argument('<kind>', 'block or edge')
    .argument('<name>', 'its name or id')
    .argument('<target kind>', 'block, edge, dataset, package, service or doi')
    .argument('<target>', 'its name or id; a package URL, an address, a DOI')
    .option('--detail <text>', 'what for')
    .action(
      (
        kind: string,
        name: string,
        targetKind: string,
        targetName: string,
        { detail, ...flags }: CallerFlags & { readonly detail?: string },
      ) =>
        withCaller(context, flags, async (client) => {
          const depends = dependent(kind);
          const target = await targetOf(client, targetKind, targetName);
          const added =
            depends === 'block'
              ? await client.dependencies.addToBlock({ blockId: (await findBlock(client, name)).id, target, detail })
              : await client.dependencies.addToEdge({ edgeId: (await findEdge(client, name)).id, target, detail });
          terminal.print(flags.json ? JSON.stringify(added) : added.id);
        }),
    );

  addCallerOptions(dependency.command('remove'))
    .description('take back what was entered by hand')
    .argument('<id>')
    .action((dependencyId: string, flags: CallerFlags) =>
      withCaller(context, flags, async (client) => {
        const removed = await client.dependencies.remove({ dependencyId });
        terminal.print(flags.json ? JSON.stringify(removed) : 'removed');
      }),
    );

  addCallerOptions(dependency.command('found'))
    .description('list what an edge reads, by its SQL and by the pipelines that feed it')
    .argument('<edge>', 'its name or id')
    .action((name: string, flags: CallerFlags) =>
      withCaller(context, flags, async (client) => {
        const found = await client.dependencies.foundOfEdge({ edgeId: (await findEdge(client, name)).id });
        if (flags.json) return terminal.print(JSON.stringify(found));
        terminal.print(found.length === 0 ? 'nothing' : formatTable(foundHeads, found.map(foundRowOf)));
      }),
    );
}

function dependent(kind: string): 'block' | 'edge' {
  if (kind !== 'block' && kind !== 'edge') throw new UsageFailure('of a block, or of an edge');
  return kind;
}

async function targetOf(client: GranaryClient, kind: string, name: string): Promise<Target> {
  switch (kind) {
    case 'block':
      return { kind, id: (await findBlock(client, name)).id };
    case 'edge':
      return { kind, id: (await findEdge(client, name)).id };
    case 'dataset':
      return { kind, id: await findDataset(client, name) };
    case 'package':
    case 'service':
    case 'doi':
      return { kind, ref: name };
    default:
      throw new UsageFailure('on a block, edge, dataset, package, service or doi');
  }
}

const heads = ['on', 'what', 'detail', 'origin', 'id'];
const rowOf = ({ targetKind, targetName, ref, detail, origin, foundIn, id }: Dependency) => [
  targetKind,
  printable(targetName ?? ref ?? ''),
  printable(detail),
  foundIn === null ? origin : `${origin} in ${printable(foundIn)}`,
  id,
];

const foundHeads = ['on', 'what', 'port', 'by', 'id'];
const foundRowOf = ({ targetKind, name, port, source, pipelineId, targetId }: Found) => [
  targetKind,
  printable(name),
  printable(port),
  pipelineId === null ? source : `${source} ${pipelineId}`,
  targetId,
];
