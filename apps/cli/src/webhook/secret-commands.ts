import type { Command } from 'commander';
import { addCallerOptions, type CallerFlags, withCaller } from '../caller/with-caller.ts';
import type { CommandContext } from '../context.ts';
import { printWebhook } from './print-webhook.ts';
import { type ChosenTypes, typesFrom } from './types-from.ts';

interface CreateFlags extends CallerFlags, ChosenTypes {
  readonly description?: string;
}

interface RotateFlags extends CallerFlags {
  readonly immediately?: true;
}

/** What answers with a secret, which is never shown again. */
export function addSecretCommands(webhook: Command, context: CommandContext): void {
  const { terminal } = context;

  addCallerOptions(webhook.command('create'))
    .description('have a program told of what happens; prints the secret, which is never shown again')
    .argument('<url>', 'where it listens: https, or what GRANARY_OUTBOUND_ALLOW names')
    .option('--description <text>', 'what it is for')
    .option('--type <event>', 'only of this, as dataset.loaded; several times for several', collect)
    .action((url: string, { description, type, ...flags }: CreateFlags) =>
      withCaller(context, flags, async (client) => {
        const made = await client.webhooks.create({ url, description, types: typesFrom(type ? { type } : {}) });
        if (flags.json) return terminal.print(JSON.stringify(made));
        printWebhook(terminal, flags, made.webhook);
        terminal.print(made.secret);
      }),
    );

  addCallerOptions(webhook.command('rotate'))
    .description('make another secret; for 24 hours the former one signs as well')
    .argument('<webhook>', 'its id')
    .option('--immediately', 'the former ones end now: somebody has them')
    .action((webhookId: string, { immediately, ...flags }: RotateFlags) =>
      withCaller(context, flags, async (client) => {
        const made = await client.webhooks.rotateSecret({ webhookId, immediately: Boolean(immediately) });
        if (flags.json) return terminal.print(JSON.stringify(made));
        terminal.note(`The former secrets end at ${made.formerExpiresAt}.`);
        terminal.print(made.secret);
      }),
    );
}

export const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];
