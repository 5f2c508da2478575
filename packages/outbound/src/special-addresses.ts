import { BlockList, isIP } from 'node:net';
import { networkInterfaces } from 'node:os';

/**
 * What the IANA's registry of special-purpose IPv4 addresses holds (RFC 6890 and later), multicast, what is reserved, and one address
 * that is public by its number alone: Azure's host, 168.63.129.16.
 */
const specialIpv4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '168.63.129.16/32',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '192.175.48.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
] as const;

/**
 * Everything but global unicast (2000::/3), so that mapped and translated IPv4 (::ffff:0:0/96, 64:ff9b::/96), unique local, link-local
 * and multicast need no line of their own; and of global unicast what is not for the world: protocol assignments with Teredo, documentation,
 * 6to4, which carries an IPv4 address of its own.
 */
const specialIpv6 = ['::/3', '4000::/2', '8000::/1', '2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'] as const;

const blockList = (family: 'ipv4' | 'ipv6', networks: readonly string[]): BlockList => {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', prefix] = network.split('/');
    list.addSubnet(address, Number(prefix), family);
  }
  return list;
};

// one list for each family: a BlockList compares an IPv4 address with IPv6 networks as well, and ::/3 holds all of them
const ipv4 = blockList('ipv4', specialIpv4);
const ipv6 = blockList('ipv6', specialIpv6);

/** Whether an address is anything but one of the public internet's, or is nothing that can be understood. */
export function isSpecialAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return ipv4.check(address, 'ipv4');
  // a zone (fe80::1%eth0) belongs to an address that is special in any case
  if (family === 6) return address.includes('%') || ipv6.check(address, 'ipv6');
  return true;
}

/** Whether it is one of this machine's own: what listens on all addresses would be reached past the firewall before it. */
export function isOwnAddress(address: string): boolean {
  const own = new BlockList();
  for (const { address: mine, family } of Object.values(networkInterfaces()).flatMap((found) => found ?? []))
    own.addAddress(mine.replace(/%.*/, ''), family === 'IPv4' ? 'ipv4' : 'ipv6');
  return own.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6');
}
