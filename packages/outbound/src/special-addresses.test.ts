import { BlockList } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isSpecialAddress } from './special-addresses.ts';

test.each([
  '127.0.0.1',
  '10.255.255.255',
  '172.31.255.255',
  '192.168.0.1',
  '169.254.169.254',
  '100.64.0.1',
  '100.100.100.200',
  '0.0.0.0',
  '192.0.0.192',
  '203.0.113.9',
  '224.0.0.1',
  '255.255.255.255',
  '168.63.129.16',
  '::',
  '::1',
  '::ffff:127.0.0.1',
  '::ffff:8.8.8.8',
  '::127.0.0.1',
  '64:ff9b::7f00:1',
  '64:ff9b:1::1',
  '100::1',
  '2001::1',
  '2001:db8::1',
  '2002:7f00:1::',
  '3fff::1',
  'fc00::1',
  'fd00:ec2::254',
  'fe80::1',
  'fe80::1%lo',
  'fec0::1',
  'ff02::1',
  '5f00::1',
  'localhost',
  '',
])('%s is not of the public internet', (address) => expect(isSpecialAddress(address)).toBe(true));

test.each(['1.1.1.1', '8.8.8.8', '172.15.255.255', '172.32.0.0', '100.128.0.0', '2606:4700:4700::1111', '2a00::1'])(
  '%s is',
  (address) => expect(isSpecialAddress(address)).toBe(false),
);

test('every IPv4 address of what RFC 1122, 1918, 3927 and 6598 keep private is special, written as IPv6 or not', () => {
  const known = new BlockList();
  for (const [network, bits] of [
    ['0.0.0.0', 8],
    ['10.0.0.0', 8],
    ['100.64.0.0', 10],
    ['127.0.0.0', 8],
    ['169.254.0.0', 16],
    ['172.16.0.0', 12],
    ['192.168.0.0', 16],
  ] as const)
    known.addSubnet(network, bits, 'ipv4');
  const nearEdges = fc.tuple(fc.constantFrom(0, 10, 100, 127, 169, 172, 192), fc.nat(255), fc.nat(255), fc.nat(255));
  fc.assert(
    fc.property(
      fc.oneof(
        fc.ipV4(),
        nearEdges.map((parts) => parts.join('.')),
      ),
      (address) => {
        if (known.check(address, 'ipv4')) expect(isSpecialAddress(address)).toBe(true);
        for (const prefix of ['::ffff:', '::', '64:ff9b::']) expect(isSpecialAddress(prefix + address)).toBe(true);
      },
    ),
    { numRuns: 2000 },
  );
});

test('of IPv6 nothing outside 2000::/3 is public', () => {
  const global = new BlockList();
  global.addSubnet('2000::', 3, 'ipv6');
  fc.assert(
    fc.property(fc.ipV6(), (address) => global.check(address, 'ipv6') || isSpecialAddress(address)),
    { numRuns: 2000 },
  );
});
