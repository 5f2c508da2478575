import type { OutputOf } from '@granary/client';
import type { CallerFlags } from '../caller/with-caller.ts';
import { formatTable, printable } from '../output/table.ts';
import type { Terminal } from '../output/terminal.ts';

export type Webhook = OutputOf<'webhooks.list'>['items'][number];
type Delivery = OutputOf<'webhooks.deliveries'>['items'][number];

const reasons = {
  by_hand: 'off',
  failing: 'off: it failed for days',
  gone: 'off: it answered 410',
  owner_left: 'off: its owner left',
} as const satisfies Record<NonNullable<Webhook['disabledReason']>, string>;

export const stateOf = ({ disabledReason, failingSince }: Webhook): string =>
  disabledReason !== null ? reasons[disabledReason] : failingSince !== null ? `fails since ${failingSince}` : 'on';

export const typesOf = ({ types }: Webhook): string => types?.join(', ') ?? 'everything';

/** One webhook on a line, or as JSON. */
export function printWebhook(terminal: Terminal, { json }: CallerFlags, webhook: Webhook): void {
  terminal.print(json ? JSON.stringify(webhook) : `${webhook.id}  ${stateOf(webhook)}  ${printable(webhook.url)}`);
}

export const webhookTable = (webhooks: readonly Webhook[]): string =>
  formatTable(
    ['id', 'state', 'told of', 'url'],
    webhooks.map((each) => [each.id, stateOf(each), typesOf(each), each.url]),
  );

export const deliveryTable = (deliveries: readonly Delivery[]): string =>
  formatTable(
    ['delivery', 'created', 'event', 'state', 'attempts', 'next'],
    deliveries.map((each) => [each.id, each.createdAt, each.type, each.state, each.attempts, each.nextAttemptAt ?? '']),
  );
