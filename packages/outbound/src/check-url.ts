import { isIP } from 'node:net';
import { type AllowList, bareHost } from './allow-list.ts';
import { OutboundError } from './outbound-error.ts';
import { isOwnAddress, isSpecialAddress } from './special-addresses.ts';

export interface UrlRules {
  readonly allowed: AllowList;
  /** Otherwise http is for what the allow-list names alone. */
  readonly allowHttp?: boolean | undefined;
  /** Default: any. */
  readonly ports?: readonly number[] | undefined;
  /** `example.com`, or `*.example.com` for what is below it. Default: any. */
  readonly hosts?: readonly string[] | undefined;
}

const longestUrl = 8192;

export const portOf = (url: URL): number => Number(url.port || (url.protocol === 'https:' ? 443 : 80));

/**
 * The URL, once it is one that may be asked for, as far as that shows before its name is resolved. Addresses in odd spellings
 * (`0x7f.1`, `2130706433`, `[::ffff:7f00:1]`) are written out by the URL's parser and seen for what they are.
 * @throws {OutboundError} `invalid_url`, `refused_protocol`, `refused_host`, `refused_port` or `refused_address`
 */
export function checkUrl(text: string | URL, { allowed, allowHttp, ports, hosts }: UrlRules): URL {
  const given = String(text);
  if (given.length > longestUrl) throw new OutboundError('invalid_url', `a URL has at most ${longestUrl} characters`);
  if (!URL.canParse(given)) throw new OutboundError('invalid_url', 'this is not an absolute URL');
  const url = new URL(given);
  url.hash = '';
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw new OutboundError('refused_protocol', `${url.protocol} is neither https: nor http:`);
  if (url.username !== '' || url.password !== '')
    throw new OutboundError('invalid_url', 'a URL must not hold a user name or password', url);
  const host = bareHost(url.hostname);
  const port = portOf(url);
  if (host === '') throw new OutboundError('invalid_url', 'the URL has no host');
  const isAllowed = allowed.host(host, port) || allowed.address(host);
  if (url.protocol === 'http:' && allowHttp !== true && !isAllowed)
    throw new OutboundError('refused_protocol', 'only https is allowed', url);
  if (ports && !ports.includes(port) && !isAllowed)
    throw new OutboundError('refused_port', `port ${port} is not allowed`, url);
  if (hosts && !hosts.some((pattern) => matchesHost(pattern, host)))
    throw new OutboundError('refused_host', `${host} is not one of the hosts that may be asked`, url);
  if (isIP(host) !== 0) checkAddress(host, url, allowed);
  return url;
}

/** @throws {OutboundError} `refused_address` */
export function checkAddress(address: string, url: URL, allowed: AllowList): void {
  if (allowed.address(address) || allowed.host(url.hostname, portOf(url))) return;
  if (isSpecialAddress(address) || isOwnAddress(address))
    throw new OutboundError('refused_address', 'the address is not one of the public internet', url);
}

function matchesHost(pattern: string, host: string): boolean {
  const wanted = bareHost(pattern);
  return wanted.startsWith('*.') ? host.endsWith(wanted.slice(1)) : host === wanted;
}
