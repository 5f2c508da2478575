import type { InputOf, OutputOf } from '@granary/client';
import type { Command } from 'commander';
import { z } from 'zod';
import { addCallerOptions, type CallerFlags, withCaller } from '../caller/with-caller.ts';
import type { CommandContext } from '../context.ts';
import { parseLimit } from '../input/parse-limit.ts';
import { readJsonFile } from '../input/read-json-file.ts';
import { formatTable, printable } from '../output/table.ts';
import { addEdgeVersionCommands } from './edge-version-commands.ts';
import { type Edge, findEdge } from './find-edge.ts';
import { addVerifyCommand } from './verify-command.ts';

interface ListFlags extends CallerFlags {
  readonly limit: number;
}
/** The catalogue's transformations, through the API. */
export function addEdgeCommand(edge: Command, context: CommandContext): void {
  const { terminal } = context;
  const print = ({ json }: CallerFlags, made: Edge) =>
    terminal.print(json ? JSON.stringify(made) : `${made.id}  version ${made.version}  ${printable(made.name)}`);

  addCallerOptions(edge.command('list'))
    .description('list the edges that one may see, newest first')
    .option('--limit <number>', 'how many at most', parseLimit, 50)
    .action(({ limit, ...flags }: ListFlags) =>
      withCaller(context, flags, async (client) => {
        const { items, nextCursor } = await client.edges.list({ limit });
        if (nextCursor !== null) terminal.note(`There are more than ${limit}: see --limit.`);
        if (flags.json) return terminal.print(JSON.stringify(items));
        const rows = items.map((each) => [each.name, each.version, each.id]);
        terminal.print(items.length === 0 ? 'nothing' : formatTable(['edge', 'version', 'id'], rows));
      }),
    );

  addCallerOptions(edge.command('create'))
    .description('put a transformation into the catalogue')
    .argument('<file>', 'JSON: name, inputs, outputs, implementation, bindings, as POST /v1/edges takes them')
    .action((file: string, flags: CallerFlags) =>
      withCaller(context, flags, async (client) => {
        const said = z.custom<InputOf<'edges.create'>>().parse(await readJsonFile(file)); // the API says what is wrong with it
        print(flags, await client.edges.create(said));
      }),
    );

  addCallerOptions(edge.command('show'))
    .description('show an edge, what it joins, and how its verification went')
    .argument('<edge>', 'its name or id')
    .action((name: string, flags: CallerFlags) =>
      withCaller(context, flags, async (client) => {
        const found = await client.edges.get({ edgeId: (await findEdge(client, name)).id });
        if (flags.json) return terminal.print(JSON.stringify(found));
        print(flags, found);
        const { implementation, bindings } = found.current;
        const rows = [
          ['verification', verificationOf(found)],
          ['implementation', implementation.kind],
          ...bindings.map((each) => [each.direction, `${each.port} ↔ ${each.blockPort} of ${each.blockId}`]),
        ];
        terminal.print(formatTable(['', ''], rows));
      }),
    );

  addVerifyCommand(edge, context);
  addEdgeVersionCommands(edge, context);

  for (const decision of ['approve', 'reject'] as const)
    addCallerOptions(edge.command(decision))
      .description(`${decision} the current version, which passed its verification and which somebody else wrote`)
      .argument('<edge>', 'its name or id')
      .argument('[note]', 'why', '')
      .action((name: string, note: string, flags: CallerFlags) =>
        withCaller(context, flags, async (client) => {
          const { id } = await findEdge(client, name);
          const verificationId = (await client.edges.get({ edgeId: id })).verification?.id ?? id;
          const decided = await client.edges.decide({
            verificationId,
            decision: decision === 'approve' ? 'approved' : 'rejected',
            note,
          });
          terminal.print(flags.json ? JSON.stringify(decided) : decided.decision);
        }),
      );
}

function verificationOf({ verification }: OutputOf<'edges.get'>): string {
  if (verification === null) return 'none';
  return verification.decision === null ? verification.status : `${verification.status}, ${verification.decision}`;
}
