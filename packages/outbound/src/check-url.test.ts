import { networkInterfaces } from 'node:os';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseAllowList } from './allow-list.ts';
import { checkUrl, type UrlRules } from './check-url.ts';
import { OutboundError } from './outbound-error.ts';

function kindOf(url: string, rules: Omit<UrlRules, 'allowed'> = {}, allow: string[] = []): string {
  try {
    return checkUrl(url, { ...rules, allowed: parseAllowList(allow) }).href;
  } catch (error) {
    if (error instanceof OutboundError) return error.kind;
    throw error;
  }
}

test.each([
  'https://127.0.0.1/',
  'https://127.1/',
  'https://127.0.0.1./',
  'https://0x7f.1/',
  'https://0177.0.0.1/',
  'https://2130706433/',
  'https://0/',
  'https://①②⑦.0.0.1/',
  'https://[::1]/',
  'https://[::ffff:7f00:1]/',
  'https://[::ffff:127.0.0.1]/',
  'https://[fd00:ec2::254]/',
  'https://169.254.169.254/latest/meta-data/',
])('%s is an address that nobody is sent to', (url) => expect(kindOf(url)).toBe('refused_address'));

test.each([
  ['ftp://example.com/', 'refused_protocol'],
  ['file:///etc/passwd', 'refused_protocol'],
  ['javascript:alert(1)', 'refused_protocol'],
  ['http://example.com/', 'refused_protocol'],
  ['https://user@example.com/', 'invalid_url'],
  ['https://:secret@example.com/', 'invalid_url'],
  ['https://', 'invalid_url'],
  ['/relative', 'invalid_url'],
  ['https://exa mple.com/', 'invalid_url'],
  ['https://[::1/', 'invalid_url'],
  [`https://example.com/${'x'.repeat(9000)}`, 'invalid_url'],
])('%s is refused: %s', (url, kind) => expect(kindOf(url)).toBe(kind));

test('what is refused is not repeated with its secrets', () => {
  expect(() => checkUrl('http://example.com/a?key=s3cret', { allowed: parseAllowList([]) })).toThrow(
    /^only https is allowed \(http:\/\/example\.com\/a\)$/,
  );
});

test('http, ports and hosts are as the request allows them', () => {
  expect(kindOf('http://example.com/#part', { allowHttp: true })).toBe('http://example.com/');
  expect(kindOf('https://example.com:6379/', { ports: [443] })).toBe('refused_port');
  expect(kindOf('https://example.com/', { ports: [443] })).toBe('https://example.com/');
  const hosts = ['example.com', '*.example.org'];
  expect(kindOf('https://EXAMPLE.com./', { hosts })).toBe('https://example.com./');
  expect(kindOf('https://a.b.example.org/', { hosts })).toBe('https://a.b.example.org/');
  for (const other of ['https://example.org/', 'https://badexample.org/', 'https://example.com.evil.test/'])
    expect(kindOf(other, { hosts })).toBe('refused_host');
});

test('an operator allows networks, addresses, and hosts with a port; no more than these', () => {
  const allow = ['10.1.0.0/16', '192.168.7.7', 'hooks.internal:8443', '[::1]:9000', 'fd12::/16'];
  expect(kindOf('http://10.1.2.3/', {}, allow)).toBe('http://10.1.2.3/');
  expect(kindOf('https://192.168.7.7/', {}, allow)).toBe('https://192.168.7.7/');
  expect(kindOf('http://Hooks.Internal:8443/', { ports: [443] }, allow)).toBe('http://hooks.internal:8443/');
  expect(kindOf('http://[::1]:9000/', {}, allow)).toBe('http://[::1]:9000/');
  expect(kindOf('https://[fd12::5]/', {}, allow)).toBe('https://[fd12::5]/');
  expect(kindOf('http://hooks.internal:8444/', {}, allow)).toBe('refused_protocol');
  for (const other of ['https://10.2.0.1/', 'https://192.168.7.8/', 'https://[::1]:9001/', 'https://[fd13::5]/'])
    expect(kindOf(other, {}, allow)).toBe('refused_address');
});

test.each([
  '10.0.0.0/33',
  '10.0.0.0/',
  '10.0.0/8',
  'example.com',
  'example.com:99999',
  '',
  'a b:80',
  '10.0.0.0/8/8',
  '::/129',
])('an entry “%s” of the allow-list is not passed over', (entry) =>
  expect(() => parseAllowList([entry])).toThrow(/neither a network nor host:port/),
);

test('the machine’s own addresses are refused even where they are public', () => {
  const own = Object.values(networkInterfaces()).flatMap((found) => found ?? []);
  expect(own.length).toBeGreaterThan(0);
  for (const { address, family } of own)
    expect(kindOf(family === 'IPv4' ? `https://${address}/` : `https://[${address.replace(/%.*/, '')}]/`)).toBe(
      'refused_address',
    );
});

test('whatever text comes, it is a URL that was checked or an error that is ours', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.webUrl({ withQueryParameters: true }),
        fc.string(),
        fc.string().map((text) => `https://${text}`),
      ),
      (text) => {
        expect(kindOf(text)).toBeTypeOf('string');
      },
    ),
  );
});
