import type { OutputOf } from '@granary/client';
import type { Command } from 'commander';
import { findBlock } from '../block/find-block.ts';
import { addCallerOptions, type CallerFlags, withCaller } from '../caller/with-caller.ts';
import type { CommandContext } from '../context.ts';
import { findEdge } from '../edge/find-edge.ts';
import { UsageFailure } from '../output/failure.ts';
import { formatTable, printable } from '../output/table.ts';

type Repository = OutputOf<'repositories.list'>['items'][number];

/** Where the code of blocks and edges is, through the API. */
export function addRepoCommand(repo: Command, context: CommandContext): void {
  const { terminal } = context;
  addCallerOptions(repo.command('add'))
    .description('say where it is; where its branch points is asked from now on')
    .argument('<kind>', 'block or edge')
    .argument('<name>', 'its name or id')
    .argument('<url>', 'where git clones it from by https')
    .option('--branch <branch>', 'which branch', 'main')
    .action(
      (kind: string, name: string, url: string, { branch, ...flags }: CallerFlags & { readonly branch: string }) =>
        withCaller(context, flags, async (client) => {
          if (kind !== 'block' && kind !== 'edge') throw new UsageFailure('of a block, or of an edge');
          const added =
            kind === 'block'
              ? await client.repositories.addToBlock({ blockId: (await findBlock(client, name)).id, url, branch })
              : await client.repositories.addToEdge({ edgeId: (await findEdge(client, name)).id, url, branch });
          terminal.print(flags.json ? JSON.stringify(added) : added.id);
        }),
    );

  addCallerOptions(repo.command('list'))
    .description('list them, newest first')
    .action((flags: CallerFlags) =>
      withCaller(context, flags, async (client) => {
        const found = await client.repositories.list({ limit: 1000 });
        if (flags.json) return terminal.print(JSON.stringify(found));
        terminal.print(found.items.length === 0 ? 'nothing' : formatTable(heads, found.items.map(rowOf)));
      }),
    );

  addCallerOptions(repo.command('check'))
    .description('have the server asked now where the branch points')
    .argument('<id>')
    .action((repositoryId: string, flags: CallerFlags) =>
      withCaller(context, flags, async (client) => {
        const queued = await client.repositories.check({ repositoryId });
        terminal.print(flags.json ? JSON.stringify(queued) : 'asked for');
      }),
    );

  addCallerOptions(repo.command('pin'))
    .description('note for ever of which commit a version was made')
    .argument('<id>')
    .argument('<version>', 'its number')
    .option('--commit <id>', 'one that the branch was seen at; default: the one that was seen last')
    .action((repositoryId: string, version: string, { commit, ...flags }: CallerFlags & { readonly commit?: string }) =>
      withCaller(context, flags, async (client) => {
        if (!/^\d{1,9}$/.test(version)) throw new UsageFailure('a version is a number');
        const pin = await client.repositories.pin({ repositoryId, version: Number(version), commit });
        terminal.print(flags.json ? JSON.stringify(pin) : pin.commitId);
      }),
    );

  addCallerOptions(repo.command('remove'))
    .description('follow it no more; its pins and what was found in it go as well')
    .argument('<id>')
    .action((repositoryId: string, flags: CallerFlags) =>
      withCaller(context, flags, async (client) => {
        const removed = await client.repositories.remove({ repositoryId });
        terminal.print(flags.json ? JSON.stringify(removed) : 'removed');
      }),
    );
}

const heads = ['id', 'url', 'branch', 'commit', 'since', 'problem'];
const rowOf = ({ id, url, branch, headCommit, lastUpdated, problem }: Repository) => [
  id,
  printable(url),
  printable(branch),
  headCommit?.slice(0, 12) ?? '',
  lastUpdated ?? '',
  printable(problem ?? ''),
];
