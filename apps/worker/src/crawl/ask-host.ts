import { OutboundError, type OutboundResponse } from '@granary/outbound';
import type { CrawlContext } from './crawl-context.ts';
import { retryAfter } from './retry-after.ts';
import type { Turn } from './take-turn.ts';

/** What became of one request. */
export type Outcome =
  | { readonly kind: 'answer'; readonly response: OutboundResponse; readonly fetchedAt: Date }
  | { readonly kind: 'not modified'; readonly response: OutboundResponse; readonly fetchedAt: Date }
  | { readonly kind: 'moved'; readonly to: string }
  /** To be tried again: the host has a bad time, or asks for patience. */
  | { readonly kind: 'later'; readonly reason: string; readonly waitMs: number | null }
  /** It would be so again. */
  | { readonly kind: 'refused'; readonly reason: string };

const busy = new Set([408, 425, 429, 500, 502, 503, 504, 507, 509, 520, 521, 522, 523, 524, 529]);
const moved = new Set([301, 302, 303, 307, 308]);
const mostHops = 5;

/** Makes the turn's request, and no other: where it is redirected, that is for another turn, by the rules of that host. */
export async function askHost({ outbound, settings }: CrawlContext, turn: Turn, signal: AbortSignal): Promise<Outcome> {
  const { request, hops, former } = turn;
  const hosts = turn.connector.hosts(turn.settings);
  try {
    const response = await outbound.request({
      url: hops.at(-1) ?? request.url,
      method: request.method,
      headers: { ...headersOf(turn), ...conditions(turn) },
      ...(request.body !== undefined && { body: request.body }),
      hosts,
      maxBytes: settings.maxBytes,
      totalMs: settings.totalMs,
      idleMs: settings.idleMs,
      signal,
    });
    const fetchedAt = new Date();
    const { status, headers, url } = response;
    const location = headers.get('location');
    if (moved.has(status) && location !== null) {
      if (!URL.canParse(location, url.href)) return { kind: 'refused', reason: 'it is redirected to what is no URL' };
      if (hops.length >= mostHops) return { kind: 'refused', reason: `it is redirected more than ${mostHops} times` };
      if (request.body !== undefined) return { kind: 'refused', reason: 'a request with a body is redirected' };
      return { kind: 'moved', to: outbound.check(new URL(location, url), { hosts }).href };
    }
    if (status === 304 && former) return { kind: 'not modified', response, fetchedAt };
    if (busy.has(status))
      return { kind: 'later', reason: `status ${status}`, waitMs: retryAfter(headers.get('retry-after'), fetchedAt) };
    return { kind: 'answer', response, fetchedAt };
  } catch (error) {
    if (!(error instanceof OutboundError)) throw error;
    if (error.kind === 'aborted') throw error;
    return passing.has(error.kind)
      ? { kind: 'later', reason: error.message, waitMs: null }
      : { kind: 'refused', reason: error.message };
  }
}

/** A connection that broke in the middle of an answer shows as a bad one, too. */
const passing = new Set<OutboundError['kind']>(['timeout', 'connection', 'name_not_found', 'bad_response']);

/** What a connector adds goes to the host that it meant, and to no other. */
function headersOf({ request, hops }: Turn): Record<string, string> {
  const isElsewhere = hops.some((hop) => new URL(hop).origin !== new URL(request.url).origin);
  return isElsewhere ? {} : { ...request.headers };
}

function conditions({ former, request }: Turn): Record<string, string> {
  if (!former || request.method !== 'GET') return {};
  return {
    ...(former.etag !== null && { 'if-none-match': former.etag }),
    ...(former.lastModified !== null && { 'if-modified-since': former.lastModified }),
  };
}
