import { BlockList, isIP } from 'node:net';
import { OutboundError } from './outbound-error.ts';

/** What an operator allows although it is private. */
export interface AllowList {
  /** Whether this name, or literal address, is allowed with this port, whatever it resolves to. */
  host(hostname: string, port: number): boolean;
  address(address: string): boolean;
}

const hostAndPort = /^(\[[0-9a-f:.]+\]|[a-z0-9_.-]+):(\d{1,5})$/i;

/**
 * Entries are networks (`10.1.0.0/16`, `fd00::/8`), addresses, or a host with its port (`hooks.internal:8443`, `127.0.0.1:9000`).
 * @throws {OutboundError} `invalid_request` for an entry that is none of these: one that was mistyped must not be passed over.
 */
export function parseAllowList(entries: readonly string[]): AllowList {
  const networks = new BlockList();
  const hosts = new Set<string>();
  for (const entry of entries) {
    const [address = '', prefix, ...rest] = entry.split('/');
    const family = isIP(address);
    const bits = family === 4 ? 32 : 128;
    const named = hostAndPort.exec(entry);
    if (family !== 0 && rest.length === 0 && (prefix === undefined || (/^\d{1,3}$/.test(prefix) && +prefix <= bits)))
      networks.addSubnet(address, prefix === undefined ? bits : Number(prefix), family === 4 ? 'ipv4' : 'ipv6');
    else if (named?.[1] !== undefined && Number(named[2]) <= 65_535)
      hosts.add(`${bareHost(named[1])}:${Number(named[2])}`);
    else throw new OutboundError('invalid_request', `“${entry}” is neither a network nor host:port`);
  }
  return {
    host: (hostname, port) => hosts.has(`${bareHost(hostname)}:${port}`),
    address: (address) => isIP(address) !== 0 && networks.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6'),
  };
}

/** As names and addresses are compared: small letters, no brackets, no final dot. */
export const bareHost = (hostname: string): string => hostname.toLowerCase().replace(/^\[|\]$|\.$/g, '');
