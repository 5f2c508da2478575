import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isAllowed } from './is-allowed.ts';
import { allowAll, disallowAll, parseRobots } from './parse-robots.ts';

const parse = (text: string, token = 'granary') => parseRobots(new TextEncoder().encode(text), token);
const allows = (text: string, path: string, token = 'granary') =>
  isAllowed(parse(text, token), `https://h.example${path}`);
const ruled = (rules: string, path: string) => allows(`User-agent: *\n${rules}`, path);

describe('which group is ours (RFC 9309, 2.2.1)', () => {
  test('the one that names us, in whatever case, and then not that of everybody', () => {
    const file = 'user-agent: GRANARY\ndisallow: /a\n\nuser-agent: *\ndisallow: /\n';
    expect(allows(file, '/b')).toBe(true);
    expect(allows(file, '/a')).toBe(false);
    expect(allows(file, '/b', 'other')).toBe(false);
  });
  test('a version behind the name is not part of it; a longer name is another crawler', () => {
    expect(allows('User-agent: granary/2.0\nDisallow: /', '/')).toBe(false);
    expect(allows('User-agent: granaryimages\nDisallow: /', '/')).toBe(true);
    expect(allows('User-agent: gran\nDisallow: /', '/')).toBe(true);
  });
  test('several groups of one crawler are one', () => {
    const file = 'User-agent: granary\nDisallow: /a\nUser-agent: x\nDisallow: /\nUser-agent: granary\nDisallow: /b\n';
    expect(['/a', '/b', '/c'].map((path) => allows(file, path))).toEqual([false, false, true]);
  });
  test('several names may share a group', () => {
    const file = 'User-agent: x\nUser-agent: granary\n\nDisallow: /a\n';
    expect(allows(file, '/a')).toBe(false);
    expect(allows(file, '/a', 'x')).toBe(false);
  });
  test('lines of others, as Sitemap, end no group', () => {
    const file = 'User-agent: granary\nSitemap: https://h.example/s.xml\nUser-agent: x\nDisallow: /a\n';
    expect(allows(file, '/a')).toBe(false);
  });
  test('a group that names us and forbids nothing allows everything', () => {
    expect(allows('User-agent: *\nDisallow: /\n\nUser-agent: granary\nDisallow:\n', '/')).toBe(true);
  });
  test('rules before any group are nobody’s, and without a group of ours everything is allowed', () => {
    expect(allows('Disallow: /\nUser-agent: x\nDisallow: /a', '/a')).toBe(true);
  });
});

describe('which rule decides (2.2.2)', () => {
  const longest = 'Allow: /example/page/\nDisallow: /example/page/disallowed.gif';
  test('the longest that matches', () => {
    expect(ruled(longest, '/example/page/')).toBe(true);
    expect(ruled(longest, '/example/page/disallowed.gif')).toBe(false);
    expect(ruled('Disallow: /\nAllow: /p', '/p')).toBe(true);
    expect(ruled('Allow: /p\nDisallow: /', '/x')).toBe(false);
  });
  test('of two equally long ones that which allows, in whatever order', () => {
    expect(ruled('Allow: /folder\nDisallow: /folder', '/folder/page')).toBe(true);
    expect(ruled('Disallow: /folder\nAllow: /folder', '/folder/page')).toBe(true);
  });
  test('paths are compared with case', () => expect(ruled('Disallow: /Fish', '/fish')).toBe(true));
  test('robots.txt itself is always allowed', () => expect(ruled('Disallow: /', '/robots.txt')).toBe(true));
  test('a query is part of what is compared', () => {
    expect(ruled('Disallow: /search?q=', '/search?q=a')).toBe(false);
    expect(ruled('Disallow: /search?q=', '/search')).toBe(true);
  });
});

describe('special characters (2.2.3)', () => {
  test.each([
    ['/*', '/anything', true],
    ['/fish*', '/fish', true],
    ['/fish*', '/Fish.asp', false],
    ['*.php', '/a/b.php?x', true],
    ['/*.php$', '/filename.php', true],
    ['/*.php$', '/filename.php?parameters', false],
    ['/*.php$', '/filename.php/', false],
    ['/*.php$', '/a.php/b.php', true],
    ['/fish*.php', '/fishheads/catfish.php?parameters', true],
    ['/fish*.php', '/Fish.PHP', false],
    ['/a*b*c', '/a-c-b', false],
    ['/a*a$', '/a', false],
    ['/$', '/', true],
    ['/$', '/a', false],
    ['/path/file-with-a-%2A.html', '/path/file-with-a-*.html', true],
    ['/path/file-with-a-%2A.html', '/path/file-with-a-x.html', false],
    ['/path/foo-%24', '/path/foo-$', true],
    ['/a$b', '/a$b', true],
  ])('%s and %s', (pattern, path, isMatch) => expect(ruled(`Disallow: ${pattern}`, path)).toBe(!isMatch));
});

describe('percent-encoding (the table of 2.2.2)', () => {
  test.each([
    ['/foo/bar?baz=quux', '/foo/bar?baz=quux'],
    ['/foo/bar?baz=https://foo.bar', '/foo/bar?baz=https%3A%2F%2Ffoo.bar'],
    ['/foo/bar?baz=https%3A%2F%2Ffoo.bar', '/foo/bar?baz=https://foo.bar'],
    ['/foo/bar/ツ', '/foo/bar/%E3%83%84'],
    ['/foo/bar/%E3%83%84', '/foo/bar/ツ'],
    ['/foo/bar/%62%61%7A', '/foo/bar/baz'],
    ['/foo/bar/baz', '/foo/bar/%62%61%7a'],
    ['/a%3cd', '/a%3Cd'],
  ])('%s forbids %s', (pattern, path) => expect(ruled(`Disallow: ${pattern}`, path)).toBe(false));
  test('a slash that is encoded is no slash', () => expect(ruled('Disallow: /a/b', '/a%2Fb')).toBe(true));
});

describe('how a file is written', () => {
  test('line ends, comments, white space and a byte order mark are as they come', () => {
    expect(allows('\uFEFFUser-agent: granary # us\r  disallow :  /a # that\r\nDISALLOW:/b', '/a')).toBe(false);
    expect(allows('\uFEFFUser-agent: granary # us\r  disallow :  /a # that\r\nDISALLOW:/b', '/b')).toBe(false);
  });
  test('what is behind 500 kibibytes is not read, nor half a line', () => {
    expect(allows(`User-agent: *\n#${'x'.repeat(600_000)}\nDisallow: /late`, '/late')).toBe(true);
    const upTo = (bytes: number) => `User-agent: *\nDisallow: /a\n#`.padEnd(bytes, 'x');
    const isCut = `${upTo(500 * 1024 - 13)}\nDisallow: /b/c`; // just before /c
    expect(allows(isCut, '/b')).toBe(true);
    expect(allows(isCut, '/a')).toBe(false);
    expect(allows(`${upTo(500 * 1024 - 15)}\nDisallow: /b/c`, '/b/c')).toBe(false);
  });
  test('how long to wait is the longest that our group asks for, and nonsense is nothing', () => {
    expect(parse('User-agent: *\nCrawl-delay: 2.5\nCrawl-delay: x\nDisallow: /a').crawlDelay).toBe(2.5);
    expect(parse('User-agent: granary\nCrawl-delay: 7\n\nUser-agent: *\nCrawl-delay: 2').crawlDelay).toBe(7);
    expect(parse('User-agent: *\nCrawl-delay: -1').crawlDelay).toBeNull();
  });
  test('whatever the bytes, there is an answer; and a pattern allows what it forbids when it is turned round', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(isAllowed(parseRobots(bytes, 'granary'), 'https://h.example/')).toBeTypeOf('boolean');
      }),
    );
    const pattern = fc.stringMatching(/^\/[a-c*$%]{0,12}$/);
    fc.assert(
      fc.property(pattern, fc.stringMatching(/^\/[a-c$*]{0,12}$/), (rule, path) => {
        if (ruled(`Disallow: ${rule}`, path)) return;
        expect(ruled(`Disallow: ${rule}\nAllow: ${rule}`, path)).toBe(true);
        expect(ruled(`Disallow: /\nAllow: ${rule}`, path)).toBe(true);
      }),
    );
  });
  test('many stars take no long time', () => {
    const pattern = `/${'*a'.repeat(900)}b`;
    expect(ruled(`Disallow: ${pattern}`, `/${'a'.repeat(8000)}`)).toBe(true);
  });
});

test('no file allows everything, a host that cannot say nothing', () => {
  expect(isAllowed(allowAll, 'https://h.example/a')).toBe(true);
  expect(isAllowed(disallowAll, 'https://h.example/a')).toBe(false);
});
