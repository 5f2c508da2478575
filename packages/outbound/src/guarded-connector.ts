import { isIP, type Socket } from 'node:net';
import { buildConnector } from 'undici';
import { type AllowList, bareHost } from './allow-list.ts';
import { checkAddress, portOf } from './check-url.ts';
import { OutboundError } from './outbound-error.ts';
import { type OutboundProxy, tunnelTo } from './proxy-tunnel.ts';
import type { ResolveName } from './resolve-name.ts';

export interface ConnectorSettings {
  readonly allowed: AllowList;
  readonly resolvePublic: ResolveName;
  readonly resolveAllowed: ResolveName;
  readonly connectMs: number;
  readonly ca: readonly string[] | undefined;
  readonly proxy: OutboundProxy | undefined;
}

/**
 * Resolves a name once, checks every address that came, and connects to exactly these: there is no second look-up that could be
 * answered differently. It runs for every connection, so whatever URL has led here.
 */
export function guardedConnector(settings: ConnectorSettings): buildConnector.connector {
  return (options, callback) => {
    const url = new URL(
      `${options.protocol}//${options.hostname.includes(':') ? `[${bareHost(options.hostname)}]` : options.hostname}`,
    );
    url.port = options.port;
    connect(url, options, settings).then(
      (socket) => callback(null, socket),
      (error) => callback(error, null),
    );
  };
}

async function connect(url: URL, options: buildConnector.Options, settings: ConnectorSettings): Promise<Socket> {
  const { allowed, proxy, connectMs } = settings;
  const host = bareHost(url.hostname);
  const port = portOf(url);
  const isAllowed = allowed.host(host, port);
  const isLeftToProxy = proxy?.resolves === 'proxy' && isIP(host) === 0 && !isAllowed;
  const addresses = isLeftToProxy ? [host] : await addressesOf(url, settings);
  const isDirect = !proxy || isAllowed || addresses.every((address) => allowed.address(address));
  const tunnel = isDirect
    ? undefined
    : await tunnelTo(addresses, port, { proxy, target: url, milliseconds: connectMs });
  if (tunnel && url.protocol === 'http:') return tunnel;
  return dial(connectTo(addresses, settings), { ...options, ...(tunnel && { httpSocket: tunnel }) }, url, connectMs);
}

function dial(
  connector: buildConnector.connector,
  options: buildConnector.Options,
  url: URL,
  connectMs: number,
): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  connector(options, (...[error, socket]) => {
    if (error) reject(connectionError(error, url, connectMs));
    else resolve(socket);
  });
  return promise;
}

/** What a host stands for, all of it checked. One address that is refused refuses the name: it has no business there. */
async function addressesOf(url: URL, settings: ConnectorSettings): Promise<readonly string[]> {
  const host = bareHost(url.hostname);
  const { allowed, connectMs } = settings;
  const resolve = allowed.host(host, portOf(url)) ? settings.resolveAllowed : settings.resolvePublic;
  const addresses = isIP(host) === 0 ? await inTime(resolve(host), url, connectMs) : [host];
  if (addresses.length === 0) throw new OutboundError('name_not_found', 'the name has no address', url);
  for (const address of addresses) checkAddress(address, url, allowed);
  return addresses;
}

async function inTime(answer: Promise<readonly string[]>, url: URL, connectMs: number): Promise<readonly string[]> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(reject, connectMs, new OutboundError('timeout', 'the name was not resolved in time', url));
  try {
    return await Promise.race([answer, promise]);
  } catch (error) {
    if (error instanceof OutboundError) throw error;
    throw new OutboundError('name_not_found', 'the name cannot be resolved', url, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

function connectTo(addresses: readonly string[], { connectMs, ca }: ConnectorSettings): buildConnector.connector {
  const found = addresses.map((address) => ({ address, family: isIP(address) }));
  return buildConnector({
    timeout: connectMs,
    allowH2: false,
    maxCachedSessions: 0,
    // said here, so that NODE_TLS_REJECT_UNAUTHORIZED does not count
    rejectUnauthorized: true,
    ...(ca && { ca: [...ca] }),
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: 1000,
    lookup: (_hostname, { all }, callback) => {
      const [first] = found;
      if (all === true) callback(null, found);
      else callback(null, first?.address ?? '', first?.family);
    },
  });
}

const ofTls = /^(ERR_TLS|ERR_SSL|CERT_|CRL_|UNABLE_TO|DEPTH_ZERO|SELF_SIGNED|HOSTNAME_MISMATCH|INVALID_|EPROTO)/;

function connectionError(error: Error, url: URL, connectMs: number): OutboundError {
  const code = codeOf(error);
  if (code === 'UND_ERR_CONNECT_TIMEOUT')
    return new OutboundError('timeout', `no connection within ${connectMs} ms`, url, { cause: error });
  if (ofTls.test(code)) return new OutboundError('tls', `no secure connection: ${code}`, url, { cause: error });
  return new OutboundError('connection', `no connection: ${code}`, url, { cause: error });
}

export const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown';
