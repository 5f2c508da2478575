import {
  type AttemptResult,
  DomainError,
  type LeasedDelivery,
  type MasterKeys,
  openWebhookSecret,
  signDelivery,
} from '@granary/domain';
import { type Outbound, OutboundError } from '@granary/outbound';
import { retryAfterOf } from './retry-after.ts';

export interface SendingOptions {
  readonly outbound: Outbound;
  readonly masterKeys: MasterKeys;
  /** For all of it. */
  readonly timeoutMs: number;
}

const answerBytes = 1024;

/** Makes one attempt, and says what came of it; no answer is a result as well. Throws only for a defect. */
export async function sendDelivery(
  { outbound, masterKeys, timeoutMs }: SendingOptions,
  delivery: LeasedDelivery,
): Promise<AttemptResult> {
  const startedAt = new Date();
  const started = performance.now();
  const none = { status: null, error: null, answer: null, retryAfter: null };
  const result = async (): Promise<Omit<AttemptResult, 'startedAt' | 'durationMs'>> => {
    try {
      const secrets = delivery.secrets.map((secret) => openWebhookSecret(masterKeys, delivery, secret));
      const body = JSON.stringify(delivery.payload);
      const {
        status,
        headers,
        body: answer,
      } = await outbound.request({
        url: delivery.url,
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...signDelivery(secrets, { id: delivery.id, body, sentAt: startedAt }),
        },
        body,
        redirects: 'refuse',
        maxBytes: answerBytes,
        cut: true,
        idleMs: timeoutMs,
        totalMs: timeoutMs,
      });
      return { ...none, status, answer, retryAfter: retryAfterOf(headers.get('retry-after'), Date.now()) };
    } catch (error) {
      if (error instanceof OutboundError) return { ...none, error: `${error.kind}: ${error.message}` };
      if (error instanceof DomainError) return { ...none, error: error.message };
      throw error;
    }
  };
  return { startedAt, ...(await result()), durationMs: performance.now() - started };
}
