import { createHmac } from 'node:crypto';
import { isIPv6 } from 'node:net';

/**
 * What attempts from an address are counted under: nobody can tell the address from it once the day's secret is gone. Of IPv6 the
 * network of 64 bits, of which whoever has one address has them all (RFC 6177).
 */
export const visitorKey = (secret: Uint8Array, address: string): string =>
  createHmac('sha256', secret).update(networkOf(address)).digest('base64url');

export function networkOf(address: string): string {
  const [plain = ''] = address.split('%');
  if (!isIPv6(plain)) return address;
  const mapped = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i.exec(plain)?.[1];
  if (mapped !== undefined) return mapped;
  // the address as the URL standard writes it: hexadecimal, in lower case, at most one run of zeros left out
  const [before = '', after] = new URL(`http://[${plain}]/`).hostname.slice(1, -1).split('::');
  const head = before === '' ? [] : before.split(':');
  const tail = after === undefined || after === '' ? [] : after.split(':');
  const groups = [...head, ...Array.from({ length: 8 - head.length - tail.length }, () => '0'), ...tail];
  return `${groups.slice(0, 4).join(':')}::/64`;
}
