import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { writeStream } from '../dataset/write-stream.ts';
import { parseLimit } from '../input/parse-limit.ts';
import { captureTable } from './print-source.ts';
import { addSourceOptions, findSource, type SourceFlags, withSources } from './with-sources.ts';

/** Pages of a source as they were captured: what facts can be derived from again, or checked against. */
export function addCaptureCommands(source: Command, context: CommandContext): void {
  const { terminal, output: standardOutput } = context;
  const captures = source
    .command('captures')
    .description('list a source’s pages as they were captured, and download one');

  addSourceOptions(captures.command('list'))
    .description('list captures, newest first')
    .argument('<source>', 'its id or name')
    .option('--limit <number>', 'how many at most', parseLimit, 20)
    .action((nameOrId: string, { limit, ...flags }: SourceFlags & { readonly limit: number }) =>
      withSources(context, flags, async (sources) => {
        const { id } = await findSource(sources, nameOrId);
        const found = await sources.captures(id, limit);
        if (flags.json) return terminal.print(JSON.stringify(found));
        terminal.print(found.length === 0 ? 'nothing' : captureTable(found));
      }),
    );

  addSourceOptions(captures.command('download'))
    .description('download a page as the host answered it; strangers wrote it, and it may hold what facts never do')
    .argument('<source>', 'its id or name')
    .argument('<capture>', 'its id, as `captures list` prints it')
    .option('-o, --output <file>', 'where to (default, and -: standard output)')
    .action((nameOrId: string, captureId: string, { output, ...flags }: SourceFlags & { readonly output?: string }) =>
      withSources(context, flags, async (sources) => {
        const { id } = await findSource(sources, nameOrId);
        await writeStream(await sources.openCapture(id, captureId), output, { standardOutput, terminal });
        if (flags.json && output !== undefined && output !== '-')
          terminal.print(JSON.stringify({ sourceId: id, captureId, file: output }));
      }),
    );
}
