import type { Readable } from 'node:stream';
import { Agent } from 'undici';
import { parseAllowList } from './allow-list.ts';
import { checkUrl } from './check-url.ts';
import { type Deadline, startDeadline } from './deadline.ts';
import { explainFailure } from './explain-failure.ts';
import { guardedConnector } from './guarded-connector.ts';
import { acceptedEncodings, collect, limitedBody } from './limited-body.ts';
import { type Hop, nextHop, redirectTarget } from './next-request.ts';
import type { Outbound, OutboundOptions, OutboundRequest, OutboundStream } from './outbound.ts';
import { OutboundError } from './outbound-error.ts';
import { checkProxy } from './proxy-tunnel.ts';
import { publicNames, systemNames } from './resolve-name.ts';

const defaults = { connectMs: 10_000, idleMs: 30_000, totalMs: 60_000, maxBytes: 10 * 1024 ** 2 };
/** More than comes in one piece: a body to be cut must not fail before its beginning was read. */
const beyondCut = 1024 ** 2;

/**
 * The one way out of the machine. Whatever a user, or an answer, names is asked for through this, so that nobody has Granary ask what
 * stands inside its network.
 *
 * @throws {OutboundError} `invalid_request` for an entry of `allow`, or a proxy, that is none
 * @example
 * const outbound = createOutbound({ userAgent: 'Granary/1.0', allow: ['hooks.internal:8443'] });
 * const { status, body } = await outbound.request({ url: 'https://example.com/robots.txt', redirects: 5, maxBytes: 500_000 });
 */
export function createOutbound(options: OutboundOptions): Outbound {
  const { userAgent, allow = [], resolve, ca, connectMs = defaults.connectMs } = options;
  const proxy = options.proxy && checkProxy(options.proxy);
  const allowed = parseAllowList(allow);
  const connector = { allowed, connectMs, ca, proxy };
  const names = { resolvePublic: resolve ?? publicNames(), resolveAllowed: resolve ?? systemNames };
  const agent = new Agent({ allowH2: false, connect: guardedConnector({ ...connector, ...names }) });

  const send = (hop: Hop, idleMs: number, signal: AbortSignal) =>
    agent.request({
      origin: hop.url.origin,
      path: hop.url.pathname + hop.url.search,
      method: hop.method,
      headers: { 'accept-encoding': acceptedEncodings, 'user-agent': userAgent, ...hop.headers },
      body: hop.body ?? null,
      signal,
      headersTimeout: idleMs,
      bodyTimeout: idleMs,
      // what is sent once is not sent over a connection that may be ending just now
      reset: hop.body !== undefined,
    });

  async function ask(hop: Hop, idleMs: number, deadline: Deadline) {
    try {
      return await deadline.race(send(hop, idleMs, deadline.signal));
    } catch (error) {
      throw deadline.reasonAt(hop.url) ?? explainFailure(error, hop.url);
    }
  }

  /** Asks, and goes on where the answer leads, until one leads nowhere. No connection is left held where that fails. */
  async function follow(first: Hop, input: OutboundRequest, deadline: Deadline): Promise<OutboundStream> {
    const { redirects = 0, idleMs = defaults.idleMs, maxBytes = defaults.maxBytes } = input;
    const redirectedFrom: URL[] = [];
    let hop = first;
    while (true) {
      const { url } = hop;
      const answer = await ask(hop, idleMs, deadline);
      const status = answer.statusCode;
      try {
        const headers = readHeaders(answer.headers);
        const target = redirects === 0 ? undefined : redirectTarget(status, headers.get('location'), url);
        if (target === undefined) {
          const isEmpty = hop.method === 'HEAD' || status === 204 || status === 304;
          const explain = (error: unknown) => deadline.reasonAt(url) ?? explainFailure(error, url);
          const packing = isEmpty ? null : headers.get('content-encoding');
          return {
            status,
            headers,
            url,
            redirectedFrom,
            body: limitedBody(answer.body, packing, { url, maxBytes, explain }),
          };
        }
        mayFollow(redirects, redirectedFrom.length, url);
        redirectedFrom.push(url);
        hop = nextHop(hop, status, checkUrl(target, { ...input, allowed }));
      } catch (error) {
        giveUp(answer.body);
        throw error;
      }
      giveUp(answer.body);
    }
  }

  async function open(input: OutboundRequest): Promise<OutboundStream> {
    const { method = 'GET', headers = {}, body } = input;
    const first: Hop = { url: checkUrl(input.url, { ...input, allowed }), method, headers, body };
    const deadline = startDeadline(input.totalMs ?? defaults.totalMs, input.signal);
    try {
      const answer = await follow(first, input, deadline);
      answer.body.once('close', deadline.clear);
      return answer;
    } catch (error) {
      deadline.clear();
      throw error;
    }
  }

  return {
    open,
    async request(input) {
      const { maxBytes = defaults.maxBytes, cut = false } = input;
      const { body, ...answer } = await open({ ...input, maxBytes: cut ? maxBytes + beyondCut : maxBytes });
      const { bytes, isCut } = await collect(body, cut ? maxBytes : undefined);
      return { ...answer, body: bytes, isCut };
    },
    check: (url, rules = {}) => checkUrl(url, { ...rules, allowed }),
    close: () => agent.destroy(),
  };
}

function mayFollow(redirects: number | 'refuse', followed: number, from: URL): void {
  if (redirects === 'refuse') throw new OutboundError('refused_redirect', 'the answer is a redirect', from);
  if (followed >= redirects) throw new OutboundError('too_many_redirects', `more than ${redirects} redirects`, from);
}

const giveUp = (body: Readable): void => void body.on('error', () => {}).destroy();

/** A header that no standard allows is left out: nothing is decided by it. */
function readHeaders(raw: Record<string, string | string[] | undefined>): Headers {
  const headers = new Headers();
  for (const [name, values] of Object.entries(raw)) {
    for (const value of [values].flat()) {
      try {
        if (value !== undefined) headers.append(name, value);
      } catch {
        // hostile or broken; see above
      }
    }
  }
  return headers;
}
