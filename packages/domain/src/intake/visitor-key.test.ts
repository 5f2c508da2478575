import fc from 'fast-check';
import { expect, test } from 'vitest';
import { networkOf, visitorKey } from './visitor-key.ts';

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['2001:0DB8:0:0:ffff:ffff:ffff:ffff', '2001:db8:0:0::/64'],
  ['2001:db8:0:1::1', '2001:db8:0:1::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['unknown', 'unknown'],
])('%s is of %s', (address, network) => {
  expect(networkOf(address)).toBe(network);
});

test('all addresses of one network of IPv6 are one visitor, those of another are others', () => {
  const secret = new Uint8Array(32);
  const group = fc.nat({ max: 0xffff }).map((each) => each.toString(16));
  const four = fc.array(group, { minLength: 4, maxLength: 4 });
  fc.assert(
    fc.property(four, four, four, (network, one, other) => {
      const key = (rest: string[]) => visitorKey(secret, [...network, ...rest].join(':'));
      fc.pre(!network.every((each) => each === '0'));
      expect(key(one)).toBe(key(other));
      if (network.join() !== one.join()) expect(key(one)).not.toBe(visitorKey(secret, [...one, ...other].join(':')));
    }),
  );
});

test('the same address under another day’s secret is another key', () => {
  expect(visitorKey(new Uint8Array(32), '192.0.2.7')).not.toBe(visitorKey(new Uint8Array(32).fill(1), '192.0.2.7'));
});
