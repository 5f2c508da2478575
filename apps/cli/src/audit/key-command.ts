import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { CommandFailure } from '../output/failure.ts';
import { formatTable } from '../output/table.ts';
import { readAuditKeys } from './read-audit-keys.ts';

export function addKeyCommand(audit: Command, { environment, terminal }: CommandContext): void {
  audit
    .command('key')
    .description('print the public keys that checkpoints are verified with; the first one signs now')
    .option('--json', 'print a JSON array')
    .action(async ({ json }: { readonly json?: true }) => {
      const keys = await readAuditKeys(environment());
      if (keys.isEmpty)
        throw new CommandFailure('there is no audit key: set GRANARY_AUDIT_KEY (openssl rand -base64 32)');
      const known = keys.publicKeys();
      if (json) return terminal.print(JSON.stringify(known));
      terminal.print(
        formatTable(
          ['key', 'public key (Ed25519, base64)'],
          known.map(({ id, publicKey }) => [id, publicKey]),
        ),
      );
    });
}
