import type { Command } from 'commander';
import { addCallerOptions, type CallerFlags, withCaller } from '../caller/with-caller.ts';
import type { CommandContext } from '../context.ts';
import { parseLimit } from '../input/parse-limit.ts';
import { formatTable } from '../output/table.ts';
import { addChangeCommands } from './change-commands.ts';
import { addDeliveryCommands } from './delivery-commands.ts';
import { printWebhook, stateOf, typesOf, webhookTable } from './print-webhook.ts';
import { addSecretCommands } from './secret-commands.ts';

interface ListFlags extends CallerFlags {
  readonly limit: number;
}

/** Programs that are told of what happens, through the API. */
export function addWebhookCommand(webhook: Command, context: CommandContext): void {
  const { terminal } = context;
  addCallerOptions(webhook.command('list'))
    .description('list the organization’s webhooks, newest first')
    .option('--limit <number>', 'how many at most', parseLimit, 100)
    .action(({ limit, ...flags }: ListFlags) =>
      withCaller(context, flags, async (client) => {
        const { items, nextCursor } = await client.webhooks.list({ limit });
        if (nextCursor !== null) terminal.note(`There are more than ${limit}: see --limit.`);
        if (flags.json) return terminal.print(JSON.stringify(items));
        terminal.print(items.length === 0 ? 'nothing' : webhookTable(items));
      }),
    );

  addCallerOptions(webhook.command('show'))
    .description('show a webhook, and the secrets that sign now')
    .argument('<webhook>', 'its id')
    .action((webhookId: string, flags: CallerFlags) =>
      withCaller(context, flags, async (client) => {
        const found = await client.webhooks.get({ webhookId });
        if (flags.json) return terminal.print(JSON.stringify(found));
        const secrets = found.secrets.map(({ id, expiresAt }) => `${id}${expiresAt ? ` until ${expiresAt}` : ''}`);
        const rows = [
          ['state', stateOf(found)],
          ['description', found.description],
          ['told of', typesOf(found)],
          ['owner', found.ownerId],
          ['secrets', secrets.join(', ')],
        ];
        terminal.print(formatTable(['webhook', found.url], rows));
      }),
    );

  addSecretCommands(webhook, context);
  addChangeCommands(webhook, context);
  addDeliveryCommands(webhook, context);

  for (const [name, description] of [
    ['enable', 'switch a webhook on again'],
    ['disable', 'switch a webhook off: what waits goes on waiting'],
  ] as const)
    addCallerOptions(webhook.command(name))
      .description(description)
      .argument('<webhook>', 'its id')
      .action((webhookId: string, flags: CallerFlags) =>
        withCaller(context, flags, async (client) =>
          printWebhook(terminal, flags, await client.webhooks[name]({ webhookId })),
        ),
      );
}
