import { checkUrl, OutboundError, parseAllowList } from '@granary/outbound/urls';
import { DomainError } from '../errors/domain-error.ts';

/**
 * The URL as it is kept. That it names no private address shows here only where it is written in it: what its name stands for is
 * checked whenever something is sent. Throws DomainError invalid.
 */
export function requireAllowedUrl(url: string, outboundAllow: readonly string[]): string {
  try {
    return checkUrl(url, { allowed: parseAllowList(outboundAllow) }).href;
  } catch (error) {
    if (error instanceof OutboundError)
      throw new DomainError('invalid', error.message, { field: 'url', reason: error.kind }, { cause: error });
    throw error;
  }
}
