import http from 'node:http';
import https from 'node:https';
import { isIP, type Socket } from 'node:net';
import { OutboundError } from './outbound-error.ts';

/** A proxy that all connections go through, except those to what the operator allows by name or network. */
export interface OutboundProxy {
  /** http: or https:, with user name and password where it wants them. */
  readonly url: URL;
  /**
   * Who finds the addresses of a name. `here`: they are checked here, and the proxy is asked for an address, so that what is private stays
   * out of reach. `proxy`: it is asked for the name, and only its own rules keep anybody out of what it can reach.
   */
  readonly resolves: 'here' | 'proxy';
}

/** @throws {OutboundError} `invalid_request` for what is not the URL of a proxy: one that was mistyped must not be passed over. */
export function checkProxy({ url, resolves }: OutboundProxy): OutboundProxy {
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new OutboundError('invalid_request', `a proxy is reached by http: or https:, not by ${url.protocol}`);
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '')
    throw new OutboundError('invalid_request', 'the URL of a proxy has no path');
  return { url, resolves };
}

/**
 * A connection through the proxy (HTTP CONNECT, RFC 9110 section 9.3.6) to the first of these hosts, addresses or names, that it
 * connects to; `milliseconds` for all of them together.
 * @throws {OutboundError} `connection` or `timeout`
 */
export async function tunnelTo(
  hosts: readonly string[],
  port: number,
  {
    proxy,
    target,
    milliseconds,
  }: { readonly proxy: OutboundProxy; readonly target: URL; readonly milliseconds: number },
): Promise<Socket> {
  const signal = AbortSignal.timeout(milliseconds);
  const failures: unknown[] = [];
  // many a proxy has no IPv6 of its own
  for (const host of hosts.toSorted((a, b) => isIP(a) - isIP(b))) {
    try {
      return await connectThrough(proxy.url, isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`, signal);
    } catch (error) {
      if (signal.aborted)
        throw new OutboundError('timeout', `no connection through the proxy within ${milliseconds} ms`, target, {
          cause: error,
        });
      failures.push(error);
    }
  }
  const [first] = failures;
  const why = first instanceof Error ? first.message : String(first);
  throw new OutboundError('connection', `no connection through the proxy: ${why}`, target, { cause: first });
}

function connectThrough(proxy: URL, authority: string, signal: AbortSignal): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const credentials = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  const request = (proxy.protocol === 'https:' ? https : http).request({
    host: proxy.hostname.replace(/^\[|\]$/g, ''),
    port: proxy.port || (proxy.protocol === 'https:' ? 443 : 80),
    method: 'CONNECT',
    path: authority,
    headers: {
      host: authority,
      ...(credentials !== ':' && { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` }),
    },
    agent: false,
    signal,
    rejectUnauthorized: true,
  });
  request.once('error', reject);
  // without the tunnel, what it says is about itself, and never about the target
  request.once('response', (answer) => {
    answer.destroy();
    reject(new Error(`it answered ${answer.statusCode}`));
  });
  request.once('connect', (answer, socket: Socket, head) => {
    if (answer.statusCode === undefined || answer.statusCode < 200 || answer.statusCode > 299) {
      socket.destroy();
      return reject(new Error(`it answered ${answer.statusCode}`));
    }
    if (head.length > 0) socket.unshift(head);
    resolve(socket);
  });
  request.end();
  return promise;
}
