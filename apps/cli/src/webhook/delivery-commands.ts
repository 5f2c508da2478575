import type { OutputOf } from '@granary/client';
import type { Command } from 'commander';
import { addCallerOptions, type CallerFlags, withCaller } from '../caller/with-caller.ts';
import type { CommandContext } from '../context.ts';
import { parseLimit } from '../input/parse-limit.ts';
import { parseTime } from '../input/parse-time.ts';
import { UsageFailure } from '../output/failure.ts';
import { formatTable } from '../output/table.ts';
import { deliveryTable } from './print-webhook.ts';

interface DeliveriesFlags extends CallerFlags {
  readonly state?: string;
  readonly type?: string;
  readonly limit: number;
}

interface RedeliverFlags extends CallerFlags {
  readonly delivery?: string;
  readonly failedSince?: string;
}

const states = ['pending', 'delivered', 'failed', 'cancelled'] as const;

export function addDeliveryCommands(webhook: Command, context: CommandContext): void {
  const { terminal } = context;

  addCallerOptions(webhook.command('test'))
    .description('send an event of the type webhook.test')
    .argument('<webhook>', 'its id')
    .action((webhookId: string, flags: CallerFlags) =>
      withCaller(context, flags, async (client) => {
        const sent = await client.webhooks.test({ webhookId });
        terminal.print(flags.json ? JSON.stringify(sent) : sent.deliveryId);
      }),
    );

  addCallerOptions(webhook.command('deliveries'))
    .description('list what was sent or waits to be, newest first; with a delivery, what came of its attempts')
    .argument('<webhook>', 'its id')
    .argument('[delivery]', 'the id of one')
    .option('--state <state>', `only those: ${states.join(', ')}`)
    .option('--type <event>', 'only of this event')
    .option('--limit <number>', 'how many at most', parseLimit, 50)
    .action((webhookId: string, deliveryId: string | undefined, { state, type, limit, ...flags }: DeliveriesFlags) => {
      const known = states.find((each) => each === state);
      if (state !== undefined && known === undefined) throw new UsageFailure(`--state is one of ${states.join(', ')}`);
      return withCaller(context, flags, async (client) => {
        if (deliveryId !== undefined) {
          const found = await client.webhooks.delivery({ webhookId, deliveryId });
          return terminal.print(flags.json ? JSON.stringify(found) : attemptTable(found));
        }
        const { items, nextCursor } = await client.webhooks.deliveries({ webhookId, state: known, type, limit });
        if (nextCursor !== null) terminal.note(`There are more than ${limit}: see --limit.`);
        if (flags.json) return terminal.print(JSON.stringify(items));
        terminal.print(items.length === 0 ? 'nothing' : deliveryTable(items));
      });
    });

  addCallerOptions(webhook.command('redeliver'))
    .description('send again under the same id')
    .argument('<webhook>', 'its id')
    .option('--delivery <id>', 'this one')
    .option('--failed-since <time>', 'all that failed or were cancelled since then, as 2027-01-31T12:00:00Z')
    .action((webhookId: string, { delivery, failedSince, ...flags }: RedeliverFlags) => {
      if ((delivery === undefined) === (failedSince === undefined))
        throw new UsageFailure('--delivery or --failed-since, one of them');
      return withCaller(context, flags, async (client) => {
        const since = failedSince === undefined ? undefined : parseTime(failedSince);
        const done = await client.webhooks.redeliver({ webhookId, deliveryId: delivery, failedSince: since });
        terminal.print(flags.json ? JSON.stringify(done) : `to be sent again: ${done.deliveries}`);
      });
    });
}

function attemptTable({ log, ...delivery }: OutputOf<'webhooks.delivery'>): string {
  if (log.length === 0) return deliveryTable([delivery]);
  const rows = log.map((each) => [
    each.number,
    each.startedAt,
    each.durationMs,
    String(each.status ?? ''),
    each.error ?? each.answer ?? '',
  ]);
  return formatTable(['attempt', 'at', 'ms', 'status', 'answer or error'], rows);
}
