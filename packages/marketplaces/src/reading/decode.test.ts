import { expect, test } from 'vitest';
import { UnreadablePage } from '../connector.ts';
import { pageOf } from '../testing/page-of.ts';
import { pageText } from './decode.ts';

const latin1 = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0));
const read = (body: string | Uint8Array, contentType?: string) =>
  pageText(
    pageOf({
      url: 'https://example.com/',
      body,
      headers: contentType === undefined ? {} : { 'content-type': contentType },
    }),
  );

test('a page is read by the charset of its header, else as UTF-8, else by its own', () => {
  expect(read('Größe')).toBe('Größe');
  expect(read('\ufeffGröße', 'text/html')).toBe('Größe');
  expect(read(latin1('Größe'), 'text/html; charset="ISO-8859-1"')).toBe('Größe');
  expect(read(latin1('<meta charset=windows-1252>Größe'))).toBe('<meta charset=windows-1252>Größe');
  expect(read(latin1('Größe'))).toBe('Gr\ufffd\ufffde');
  expect(read('Größe', 'text/html; charset=klingon')).toBe('Größe');
});

test('a page of more than 8 MiB is not read', () => {
  expect(() => read(new Uint8Array((8 << 20) + 1))).toThrow(UnreadablePage);
});
