import type { InputOf } from '@granary/client';
import type { Command } from 'commander';
import { z } from 'zod';
import { addCallerOptions, type CallerFlags, withCaller } from '../caller/with-caller.ts';
import type { CommandContext } from '../context.ts';
import { parsePositive } from '../dataset/parse-positive.ts';
import { readJsonFile } from '../input/read-json-file.ts';
import { formatTable, printable } from '../output/table.ts';
import { type Edge, findEdge } from './find-edge.ts';

/** What becomes of an edge that is there: versions, names, its end. */
export function addEdgeVersionCommands(edge: Command, context: CommandContext): void {
  const { terminal } = context;
  const print = ({ json }: CallerFlags, made: Edge) =>
    terminal.print(json ? JSON.stringify(made) : `${made.id}  version ${made.version}  ${printable(made.name)}`);

  addCallerOptions(edge.command('update'))
    .description('make the next version; what the file does not say stays as it is, except that it is unverified')
    .argument('<edge>', 'its name or id')
    .argument('<file>', 'JSON: inputs, outputs, implementation, bindings, metadata')
    .action((name: string, file: string, flags: CallerFlags) =>
      withCaller(context, flags, async (client) => {
        const { id, revision } = await findEdge(client, name);
        const said = z.custom<Partial<InputOf<'edges.addVersion'>>>().parse(await readJsonFile(file)); // the API says what is wrong with it
        print(flags, await client.edges.addVersion({ ...said, edgeId: id, revision }));
      }),
    );

  addCallerOptions(edge.command('versions'))
    .description('list its versions, newest first')
    .argument('<edge>', 'its name or id')
    .action((name: string, flags: CallerFlags) =>
      withCaller(context, flags, async (client) => {
        const versions = await client.edges.versions({ edgeId: (await findEdge(client, name)).id, limit: 1000 });
        const rows = versions.map((each) => [each.version, each.implementation.kind, each.createdAt, each.digest]);
        terminal.print(
          flags.json ? JSON.stringify(versions) : formatTable(['version', 'implementation', 'made', 'digest'], rows),
        );
      }),
    );

  addCallerOptions(edge.command('alias'))
    .description('name a version, as production, or move a name to it')
    .argument('<edge>', 'its name or id')
    .argument('<alias>', 'the name')
    .argument('<version>', 'the number of the version', parsePositive)
    .action((name: string, alias: string, version: number, flags: CallerFlags) =>
      withCaller(context, flags, async (client) => {
        const { id, revision } = await findEdge(client, name);
        print(flags, await client.edges.setAlias({ edgeId: id, revision, name: alias, version }));
      }),
    );

  addCallerOptions(edge.command('rollback'))
    .description('make an older version the current one')
    .argument('<edge>', 'its name or id')
    .argument('<version>', 'the number of the version', parsePositive)
    .action((name: string, version: number, flags: CallerFlags) =>
      withCaller(context, flags, async (client) => {
        const { id, revision } = await findEdge(client, name);
        print(flags, await client.edges.rollBack({ edgeId: id, revision, version }));
      }),
    );

  addCallerOptions(edge.command('delete'))
    .description('delete an edge that nothing uses')
    .argument('<edge>', 'its name or id')
    .action((name: string, flags: CallerFlags) =>
      withCaller(context, flags, async (client) => {
        const { id, revision } = await findEdge(client, name);
        await client.edges.delete({ edgeId: id, revision });
        terminal.print(flags.json ? JSON.stringify({ deleted: id }) : `deleted ${id}`);
      }),
    );
}
