import type { OutputOf } from '@granary/client';
import type { Command } from 'commander';
import { addCallerOptions, type CallerFlags, withCaller } from '../caller/with-caller.ts';
import type { CommandContext } from '../context.ts';
import { CommandFailure, UsageFailure } from '../output/failure.ts';
import { formatTable, printable } from '../output/table.ts';
import { followBuild } from './follow-build.ts';
import { addReportCommand } from './report-command.ts';

type Image = OutputOf<'images.get'>;

/** Images of blocks and edges, through the API. */
export function addImageCommand(image: Command, context: CommandContext): void {
  const { terminal } = context;

  addCallerOptions(image.command('list'))
    .description('list them, newest first')
    .option('--repository <id>', 'of one repository')
    .action(({ repository, ...flags }: CallerFlags & { readonly repository?: string }) =>
      withCaller(context, flags, async (client) => {
        const found = await client.images.list({ repositoryId: repository, limit: 1000 });
        if (flags.json) return terminal.print(JSON.stringify(found));
        terminal.print(found.items.length === 0 ? 'nothing' : formatTable(heads, found.items.map(rowOf)));
      }),
    );

  addCallerOptions(image.command('build'))
    .description('have one built of a commit of a repository, and follow its log')
    .argument('<repository>', 'its id')
    .argument('<tag>', 'as v1.0.0')
    .option('--version <number>', 'of the block or edge: the commit that it is pinned to; default: the branch’s last')
    .option('--dockerfile <path>', 'in the repository', 'Dockerfile')
    .option('--detach', 'do not wait for it')
    .action(
      (
        repositoryId: string,
        tag: string,
        {
          version,
          dockerfile,
          detach,
          ...flags
        }: CallerFlags & Partial<Record<'version' | 'detach', string>> & { readonly dockerfile: string },
      ) =>
        withCaller(context, flags, async (client) => {
          if (version !== undefined && !/^\d{1,9}$/.test(version)) throw new UsageFailure('a version is a number');
          const number = version === undefined ? null : Number(version);
          const asked = await client.images.build({ repositoryId, tag, version: number, dockerfile });
          const ended = detach
            ? asked
            : await followBuild(client, asked.id, {
                follow: true,
                onLine: (line) => !flags.json && terminal.print(line),
              });
          terminal.print(
            flags.json ? JSON.stringify(ended) : `${ended.id} ${ended.buildStatus} ${ended.digest ?? ''}`.trim(),
          );
          if (ended.buildStatus === 'failed') throw new CommandFailure(printable(ended.problem ?? 'it failed'));
        }),
    );

  addCallerOptions(image.command('log'))
    .description('print what its build logged')
    .argument('<id>')
    .option('--follow', 'until it is over')
    .action((imageId: string, { follow, ...flags }: CallerFlags & { readonly follow?: true }) =>
      withCaller(context, flags, async (client) => {
        const ended = await followBuild(client, imageId, {
          follow: follow === true,
          onLine: (line) => terminal.print(line),
        });
        if (flags.json) terminal.print(JSON.stringify(ended));
      }),
    );

  addCallerOptions(image.command('check'))
    .description('have its registry asked now which digest it has')
    .argument('<id>')
    .action((imageId: string, flags: CallerFlags) =>
      withCaller(context, flags, async (client) => {
        const queued = await client.images.check({ imageId });
        terminal.print(flags.json ? JSON.stringify(queued) : 'asked for');
      }),
    );

  addCallerOptions(image.command('remove'))
    .description('forget one; what its registry has stays there')
    .argument('<id>')
    .action((imageId: string, flags: CallerFlags) =>
      withCaller(context, flags, async (client) => {
        const removed = await client.images.remove({ imageId });
        terminal.print(flags.json ? JSON.stringify(removed) : 'forgotten');
      }),
    );

  addCallerOptions(image.command('secret'))
    .description('make the secret that reports of a repository’s images are signed with; a former one ends')
    .argument('<repository>', 'its id')
    .action((repositoryId: string, flags: CallerFlags) =>
      withCaller(context, flags, async (client) => {
        const made = await client.images.makeSecret({ repositoryId });
        terminal.print(flags.json ? JSON.stringify(made) : made.secret);
      }),
    );

  addReportCommand(image, context);
}

const heads = ['id', 'image', 'commit', 'status', 'digest', 'registry says', 'problem'];
const rowOf = ({
  id,
  registryUrl,
  imageTag,
  commitId,
  buildStatus,
  digest,
  digestCheck,
  problem,
  digestProblem,
}: Image) => [
  id,
  printable(`${registryUrl ?? ''}:${imageTag}`),
  commitId.slice(0, 12),
  buildStatus,
  digest?.slice(0, 19) ?? '',
  digestCheck ?? '',
  printable(problem ?? digestProblem ?? ''),
];
