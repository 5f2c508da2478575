import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { openClient } from '../dataset/open-client.ts';
import { writeStream } from '../dataset/write-stream.ts';
import { addFilterOptions, type FilterFlags, filterOf } from './filter-flags.ts';

interface ExportFlags extends FilterFlags {
  readonly output?: string;
}

export function addExportCommand(
  audit: Command,
  { environment, terminal, output: standardOutput }: CommandContext,
): void {
  addFilterOptions(audit.command('export'))
    .description('write the audit events of the key’s organization as JSON Lines, oldest first')
    .option('-o, --output <file>', 'where to (default: standard output)')
    .action(async ({ output, ...flags }: ExportFlags) => {
      const client = await openClient(environment(), flags);
      const stream = await client.audit.exportJsonLines(filterOf(flags));
      await writeStream(stream, output, { standardOutput, terminal });
    });
}
