import { DomainError } from '@granary/domain';
import { type Outbound, OutboundError } from '@granary/outbound';
import type { z } from 'zod';

export interface JsonRequest<T> {
  readonly outbound: Outbound;
  /** Who is asked, in errors. */
  readonly service: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly answer: z.ZodType<T>;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Sends JSON and reads JSON. Nothing of what the service says goes into the error, but its status: it may repeat what it was sent.
 * @throws {DomainError} `unavailable` where there is no answer, or none of this form
 */
export async function requestJson<T>(request: JsonRequest<T>): Promise<T> {
  const { outbound, service, url, headers, body, answer, signal } = request;
  try {
    const response = await outbound.request({
      url,
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json', ...headers },
      body: JSON.stringify(body),
      redirects: 'refuse',
      maxBytes: 64 * 1024 ** 2,
      ...(signal && { signal }),
    });
    if (response.status !== 200)
      throw new DomainError('unavailable', `${service} answered with status ${response.status}`);
    const parsed = answer.safeParse(jsonOf(response.body));
    if (!parsed.success) throw new DomainError('unavailable', `${service} answered with something else`);
    return parsed.data;
  } catch (error) {
    if (!(error instanceof OutboundError)) throw error;
    throw new DomainError('unavailable', `${service} did not answer: ${error.message}`, {}, { cause: error });
  }
}

function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}
