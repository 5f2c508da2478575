import { type Command, Option } from 'commander';
import { addCallerOptions, type CallerFlags, withCaller } from '../caller/with-caller.ts';
import type { CommandContext } from '../context.ts';
import { writeStream } from '../dataset/write-stream.ts';
import { parseLimit } from '../input/parse-limit.ts';
import { CommandFailure } from '../output/failure.ts';
import { formatCount, formatTable } from '../output/table.ts';

interface GetFlags extends CallerFlags {
  readonly format: 'parquet' | 'csv';
  readonly output?: string;
}

/** The daily feed of public snapshots, and what changed since a cursor. */
export function addFeedCommand(feed: Command, context: CommandContext): void {
  const { terminal, output: standardOutput } = context;

  addCallerOptions(feed.command('list'))
    .description('list the days that there are files of, newest first')
    .option('--limit <number>', 'how many, at most', parseLimit, 31)
    .option('--before <day>', 'of days before this one')
    .action((flags: CallerFlags & { readonly limit: number; readonly before?: string }) =>
      withCaller(context, flags, async (client) => {
        const found = await client.plugins.feedDays({ limit: flags.limit, before: flags.before });
        if (flags.json) return terminal.print(JSON.stringify(found));
        const rows = found.items.map(({ day, rows: snapshots, files, madeAt }) => [
          day,
          formatCount(snapshots),
          ...['parquet', 'csv'].map((ending) => {
            const bytes = files.find(({ name }) => name.endsWith(ending))?.bytes;
            return bytes === undefined ? '' : formatCount(bytes);
          }),
          madeAt,
        ]);
        const head = ['day', 'snapshots', 'bytes as Parquet', 'as CSV', 'made'];
        terminal.print(rows.length === 0 ? 'nothing' : formatTable(head, rows));
      }),
    );

  addCallerOptions(feed.command('manifest'))
    .description('print what the files of a day hold: rows, bytes, digests, columns')
    .argument('<day>', 'as 2026-01-31')
    .action((day: string, flags: CallerFlags) =>
      withCaller(context, flags, async (client) => {
        const next = new Date(Date.parse(day) + 86_400_000);
        if (Number.isNaN(next.getTime())) throw new CommandFailure(`${JSON.stringify(day)} is no day`);
        const { items } = await client.plugins.feedDays({ limit: 1, before: next.toISOString().slice(0, 10) });
        const [found] = items.filter((each) => each.day === day);
        if (!found) throw new CommandFailure('the feed has no such day');
        terminal.print(flags.json ? JSON.stringify(found) : JSON.stringify(found, null, 2));
      }),
    );

  addCallerOptions(feed.command('get'))
    .description('download the file of a day')
    .argument('<day>', 'as 2026-01-31')
    .addOption(new Option('--format <format>', 'of the file').choices(['parquet', 'csv']).default('parquet'))
    .option('-o, --output <file>', 'where to (default, and -: standard output)')
    .action((day: string, { format, output, ...flags }: GetFlags) =>
      withCaller(context, flags, async (client) => {
        const stream = await client.plugins.downloadFeedFile({ day, fileName: `snapshots.${format}` });
        await writeStream(stream, output, { standardOutput, terminal });
      }),
    );

  addCallerOptions(feed.command('changes'))
    .description('print snapshots that were written since a cursor as JSON Lines; the last line is the next cursor')
    .option('--since <cursor>', 'the cursor of the call before (default: from the very first)')
    .option('--limit <number>', 'how many, at most (default: all there are)', parseLimit)
    .action((flags: CallerFlags & { readonly since?: string; readonly limit?: number }) =>
      withCaller(context, flags, async (client) => {
        let { since } = flags;
        for (let left = flags.limit ?? Number.POSITIVE_INFINITY; left > 0; ) {
          const page = await client.plugins.changes({ since, limit: Math.min(left, 1000) });
          for (const item of page.items) terminal.print(JSON.stringify(item));
          since = page.cursor;
          left -= page.items.length;
          if (!page.hasMore) break;
        }
        terminal.print(JSON.stringify({ cursor: since }));
      }),
    );
}
