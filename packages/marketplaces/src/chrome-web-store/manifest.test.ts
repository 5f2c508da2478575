import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readManifest } from './manifest.ts';

describe('a manifest', () => {
  test('says what an extension may do, and on which hosts', () => {
    expect(
      readManifest(
        '{"manifest_version": 3, "name": "Tidy", "version": "1.0", "permissions": ["tabs", {"usb": []}], "host_permissions": ["<all_urls>"], "optional_permissions": ["history"]}',
      ),
    ).toEqual({
      name: 'Tidy',
      version: '1.0',
      manifestVersion: 3,
      permissions: ['tabs', '<all_urls>'],
    });
  });

  test('may have comments, trailing commas and a byte order mark', () => {
    const text = `\ufeff{\r\n// Empfohlen "x": {\n"manifest_version": 2, /* a, } */ "name": "http://a//b /* c */", "version": "1", "permissions": ["tabs" , // last\n ], }`;
    expect(readManifest(text)).toEqual({
      name: 'http://a//b /* c */',
      version: '1',
      manifestVersion: 2,
      permissions: ['tabs'],
    });
  });

  test('whose name stands in another file has none', () => {
    expect(readManifest('{"version": "1", "name": "__MSG_appName__"}')?.name).toBeNull();
  });

  test.each([
    '',
    '{}',
    '[]',
    'null',
    '{"version"',
    '{"__proto__": {"version": "1"}}',
    '/*',
    '//',
    '{"permissions": ["tabs"]}',
    `{"version": ${'['.repeat(5000)}`,
  ])('is not made of %s', (text) => {
    expect(readManifest(text)).toBeNull();
  });

  test('is read as JSON would read it, with comments anywhere between its parts', () => {
    const manifest = fc.record({
      manifest_version: fc.constant(3),
      version: fc.constant('1.2'),
      permissions: fc.array(fc.string()),
      extra: fc.jsonValue(),
    });
    fc.assert(
      fc.property(manifest, fc.constantFrom('// x\n', '/* "y" */', '/**/', '\t'), (value, comment) => {
        const text = `${comment}${JSON.stringify(value, null, 1).replaceAll('\n', `\n${comment}`)}${comment}`;
        expect(readManifest(text)?.permissions).toEqual(value.permissions);
      }),
    );
  });

  test('of any text is one or none', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[{}[\]",:/*\\ a1\n]{0,60}$/), (text) => {
        expect(() => readManifest(text)).not.toThrow();
      }),
    );
  });
});
