import type { Command } from 'commander';
import { addCallerOptions, type CallerFlags, withCaller } from '../caller/with-caller.ts';
import type { CommandContext } from '../context.ts';
import { printWebhook } from './print-webhook.ts';
import { collect } from './secret-commands.ts';
import { type ChosenTypes, typesFrom } from './types-from.ts';

interface UpdateFlags extends CallerFlags, ChosenTypes {
  readonly to?: string;
  readonly description?: string;
  readonly takeOver?: true;
}

export function addChangeCommands(webhook: Command, context: CommandContext): void {
  const { terminal } = context;

  addCallerOptions(webhook.command('update'))
    .description('change where a webhook leads or what it is told of')
    .argument('<webhook>', 'its id')
    .option('--to <url>', 'where it listens; whoever changes that becomes its owner')
    .option('--description <text>', 'what it is for')
    .option('--type <event>', 'only of this; several times for several', collect)
    .option('--everything', 'of everything')
    .option('--take-over', 'make it yours: it is told of what you would be shown')
    .action((webhookId: string, { to, description, type, everything, takeOver, ...flags }: UpdateFlags) =>
      withCaller(context, flags, async (client) => {
        const types = typesFrom({ ...(type && { type }), ...(everything && { everything }) });
        printWebhook(
          terminal,
          flags,
          await client.webhooks.update({ webhookId, url: to, description, types, takeOver }),
        );
      }),
    );

  addCallerOptions(webhook.command('delete'))
    .description('delete a webhook, its secrets and the log of its deliveries')
    .argument('<webhook>', 'its id')
    .action((webhookId: string, flags: CallerFlags) =>
      withCaller(context, flags, async (client) => {
        const done = await client.webhooks.delete({ webhookId });
        terminal.print(flags.json ? JSON.stringify(done) : 'deleted');
      }),
    );
}
