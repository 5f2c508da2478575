import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '@granary/db';
import { finishAttempt, type LeasedDelivery, leaseDeliveries } from '@granary/domain';
import type { Log } from '../log.ts';
import { repeat } from '../repeat.ts';
import { type SendingOptions, sendDelivery } from './send-delivery.ts';

export interface DeliveryOptions extends Omit<SendingOptions, 'timeoutMs'> {
  readonly database: Database;
  readonly log: Log;
  readonly limits?: Partial<DeliveryLimits>;
}

interface DeliveryLimits {
  /** Requests of this process at a time: they wait for others, and cost it next to nothing. */
  readonly most: number;
  readonly perEndpoint: number;
  readonly perTenant: number;
  readonly timeoutMs: number;
  /** Longer than an attempt may take with all that belongs to it. */
  readonly leaseSeconds: number;
  readonly pauseMs: number;
}

const usual: DeliveryLimits = {
  most: 200,
  perEndpoint: 2,
  perTenant: 10,
  timeoutMs: 15_000,
  leaseSeconds: 60,
  pauseMs: 1000,
};
const mostPause = 10_000;

/**
 * Sends what is due to webhooks until it is stopped; `stop` resolves when the requests that are on their way have ended. Every worker
 * does so: a delivery is one's at a time, by a lease, and whoever dies is waited for until that ends.
 */
export function startDelivering({ database, log, limits, ...sending }: DeliveryOptions): { stop(): Promise<void> } {
  const { pauseMs, timeoutMs, most, ...lease } = { ...usual, ...limits };
  const running = new Set<Promise<void>>();

  const deliver = async (delivery: LeasedDelivery) => {
    const { id, webhookId, tenantId, number } = delivery;
    try {
      const result = await sendDelivery({ ...sending, timeoutMs }, delivery);
      const state = await finishAttempt(database, delivery, result);
      log('a webhook was called', { deliveryId: id, webhookId, tenantId, number, state, status: result.status });
    } catch (error) {
      // it is sent again when the lease is over
      log('a webhook’s delivery was broken off', { deliveryId: id, webhookId, tenantId, number, error });
    }
  };

  const looking = repeat(async (signal) => {
    const started = performance.now();
    let taken: LeasedDelivery[] = [];
    let failed = false;
    try {
      if (running.size < most) taken = await leaseDeliveries(database, { ...lease, most: most - running.size });
    } catch (error) {
      failed = true;
      log('webhooks were not delivered', { error });
    }
    for (const delivery of taken) {
      const sent: Promise<void> = deliver(delivery).finally(() => running.delete(sent));
      running.add(sent);
    }
    if (taken.length > 0) return 0;
    // looking takes longer where there are many endpoints: at most a tenth of the time goes into it
    const pause = failed ? mostPause : Math.min(Math.max(pauseMs, 10 * (performance.now() - started)), mostPause);
    // where one has ended there is room for the next of the same endpoint
    await Promise.race([delay(pause, undefined, { signal }).catch(() => {}), ...running]);
    return 0;
  });
  return {
    async stop() {
      await looking.stop();
      await Promise.all(running);
    },
  };
}
