import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readHtml } from './html.ts';
import { initData } from './init-data.ts';

const script = (literal: string) =>
  readHtml(
    `<p>AF_initDataCallback({key: 'ds:0', data:["shown"]});</p><script nonce="x">AF_initDataCallback(${literal});</script>`,
  );

describe('a block of data', () => {
  test('is found by its key, not by its place, and only in a script', () => {
    const page = readHtml(
      `<script>AF_initDataCallback({key: 'ds:1', hash: '1', data:[], sideChannel: {}});</script><script>AF_initDataCallback({sideChannel: {a: ","}, data:[1,{"k":"}])\\"'"}], hash: '2', key: 'ds:0'});</script>`,
    );
    expect(initData(page, 'ds:0')).toEqual({ data: [1, { k: `}])"'` }], failed: false });
    expect(initData(page, 'ds:1')).toEqual({ data: [], failed: false });
    expect(initData(page, 'ds:2')).toBeNull();
  });

  test('may say that it failed', () => {
    expect(initData(script(`{key: 'ds:0',  data:[5],errorHasStatus: true,}`), 'ds:0')).toEqual({
      data: [5],
      failed: true,
    });
  });

  test('may have quoted names, be returned by a function, and have escapes of the elder kind', () => {
    expect(initData(script(`{"key": "ds:0", "data": [1]}`), 'ds:0')?.data).toEqual([1]);
    expect(
      initData(
        script(`{key: 'ds:0', isError:  false , hash: '3', data:function(){return ["it\\x27s", "a\\\\x27"]}}`),
        'ds:0',
      )?.data,
    ).toEqual(["it's", 'a\\x27']);
  });

  test.each([
    '',
    '{',
    `{key: 'ds:0'`,
    `{key: 'ds:0', data:}`,
    `{key: 'ds:0', data:[1}`,
    `{key: 'ds:0', data:alert(1)}`,
    `{key: 'ds:0', data:[1,2`,
    `{key: 'ds:0'}`,
    `'`,
    `{:,:}`,
  ])('that is broken is none: %s', (literal) => {
    expect(initData(script(literal), 'ds:0')).toBeNull();
  });

  test('holds whatever JSON says', () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        const inScript = json.replaceAll('<', '\\u003c');
        expect(initData(script(`{key: 'ds:0', hash: '2', data:${inScript}, sideChannel: {}}`), 'ds:0')?.data).toEqual(
          JSON.parse(json),
        );
      }),
    );
  });

  test('of any text is some data or none', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[[\]{}(),:'"\\a]{0,60}$/)), (text) => {
        expect(() => initData(script(text), 'ds:0')).not.toThrow();
      }),
    );
  });
});
