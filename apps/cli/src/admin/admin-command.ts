import { type Permission, permissions } from '@granary/domain';
import { type Command, Option } from 'commander';
import { z } from 'zod';
import type { CommandContext } from '../context.ts';
import { requireMigrated } from '../database/known-logins.ts';
import { withOwnerDatabase } from '../database/owner-database.ts';
import { withOwnerKysely } from '../database/owner-kysely.ts';
import { UsageFailure } from '../output/failure.ts';
import { bootstrapOrganization } from './bootstrap-organization.ts';

const bootstrapOptions = z.object({
  email: z.email(),
  name: z.string().trim().min(1).max(200),
  organization: z.string().trim().min(1).max(200),
  scopes: z.array(z.enum(permissions)).min(1),
  again: z.boolean().default(false),
  json: z.boolean().default(false),
});

export function addAdminCommand(admin: Command, { environment, terminal }: CommandContext): void {
  admin
    .command('bootstrap')
    .description('make the first person, organization and API key')
    .requiredOption('--email <address>', 'whom the organization belongs to')
    .requiredOption('--name <name>', 'the person’s name')
    .requiredOption('--organization <name>', 'what the organization is called')
    .addOption(
      new Option('--scopes <list>', 'what the key may do, with commas')
        .argParser(parseList)
        .default(permissions, 'everything'),
    )
    .option('--again', 'one more key for a person and an organization that are there')
    .option('--json', 'print one JSON object')
    .addHelpText('after', `\nThe key is printed once. Scopes: ${permissions.join(', ')}.`)
    .action(async (given: unknown) => {
      const options = parseOptions(given);
      await withOwnerDatabase(environment(), terminal.note, async ({ url }) => {
        await requireMigrated(url);
        const made = await withOwnerKysely(url, environment().database, (owner) =>
          bootstrapOrganization(owner, options),
        );
        if (options.json) return terminal.print(JSON.stringify(made));
        terminal.print(`organization  ${options.organization} (${made.organizationId})`);
        terminal.print(`owner         ${made.email} (${made.userId})`);
        terminal.print(`API key       ${made.apiKey}`);
        terminal.note('The key is shown this once: keep it where secrets are kept.');
      });
    });
}

const parseList = (text: string): string[] => text.split(',').map((each) => each.trim());

function parseOptions(given: unknown): z.output<typeof bootstrapOptions> & { scopes: Permission[] } {
  const { data, error } = bootstrapOptions.safeParse(given);
  if (data) return data;
  throw new UsageFailure(error.issues.map(({ path, message }) => `--${path.join(' ')}: ${message}`).join('\n'));
}
