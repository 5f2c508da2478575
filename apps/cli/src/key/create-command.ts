import type { Permission } from '@granary/domain';
import type { Command } from 'commander';
import { addCallerOptions, type CallerFlags, withCaller } from '../caller/with-caller.ts';
import type { CommandContext } from '../context.ts';
import { parsePositive } from '../dataset/parse-positive.ts';
import { parsePermissions } from '../input/parse-permissions.ts';
import { printNewKey } from './print-key.ts';

interface CreateFlags extends CallerFlags {
  readonly scopes: Permission[];
  readonly days?: number;
  readonly networks?: string;
  readonly perMinute?: number;
}

export function addCreateCommand(key: Command, context: CommandContext): void {
  addCallerOptions(key.command('create'))
    .description('make a key; its secret is shown this once')
    .argument('<name>', 'what it is for')
    .requiredOption('--scopes <list>', 'what it may do, with commas: at most what one may oneself', parsePermissions)
    .option('--days <number>', 'it expires after so many days (default: never)', parsePositive)
    .option('--networks <list>', 'from where it may be used, as 10.0.0.0/8,192.0.2.1 (default: from anywhere)')
    .option('--per-minute <number>', 'how many requests', parsePositive)
    .action((name: string, { scopes, days, networks, perMinute, ...flags }: CreateFlags) =>
      withCaller(context, flags, async (client) => {
        const made = await client.keys.create({
          name,
          scopes,
          expiresAt: days === undefined ? undefined : new Date(Date.now() + days * 86_400_000).toISOString(),
          allowedNetworks: networks?.split(',').map((each) => each.trim()),
          requestsPerMinute: perMinute,
        });
        printNewKey(context.terminal, flags.json, made);
      }),
    );
}
