import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isEmail, removedEmail, withoutEmails } from './emails.ts';
import { htmlText } from './html-text.ts';
import { blockOf, lineOf } from './text.ts';

describe('text', () => {
  test('of one line has no control characters, no marks that turn its direction, and no white space around it', () => {
    expect(lineOf('  a\u0000b \n\t c\u202e\u200f ')).toBe('ab c');
    expect(lineOf(' \u0000 \n')).toBeNull();
  });

  test('of several lines keeps its line breaks and no trailing space', () => {
    expect(blockOf('\r\na  \r\n\r\n\r\n\r\n\r\nb\u0007\rc \n')).toBe('a\n\n\nb\nc');
  });

  test('is cut at its limit, and never within a character', () => {
    expect(lineOf('abcdef', 3)).toBe('abc');
    expect(lineOf('ab😀', 3)).toBe('ab');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.nat(40), (text, limit) => {
        for (const cut of [lineOf(text, limit + 1), blockOf(text, limit + 1)])
          expect(cut === null || (cut.length <= limit + 1 && cut.isWellFormed() && !cut.includes('\0'))).toBe(true);
      }),
    );
  });

  test('of markup is what is shown of it', () => {
    expect(htmlText('Garden Forms &#8211; Contact &amp; Survey')).toBe('Garden Forms – Contact & Survey');
    expect(blockOf(htmlText('<p>One</p><ul><li>a<li>b</ul><script>no</script><style>no</style>'))).toBe('One\na\nb');
    expect(htmlText('a < b')).toBe('a < b');
    expect(htmlText('plain')).toBe('plain');
  });
});

describe('an e-mail address', () => {
  test.each([
    ['write to help@example.com.', `write to ${removedEmail}.`],
    ['<help+x@mail.example.co.uk>, or call', `<${removedEmail}>, or call`],
    ['a@b.c@d.e', `${removedEmail}@d.e`],
    ['@someone on a network', '@someone on a network'],
    ['5 @ 3.50', '5 @ 3.50'],
    ['user@localhost', 'user@localhost'],
    ['two@example.com,three@example.org', `${removedEmail},${removedEmail}`],
  ])('is taken out of %s', (text, expected) => {
    expect(withoutEmails(text)).toBe(expected);
  });

  test('alone is no name', () => {
    expect(['a@example.com', ' a@example.com\n', 'Anna <a@example.com>', 'Anna', ''].map(isEmail)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });

  test('is in no text after it was taken out, wherever it stood', () => {
    fc.assert(
      fc.property(fc.string(), fc.emailAddress(), fc.string(), (before, email, after) => {
        const text = withoutEmails(`${before} ${email} ${after}`);
        expect(text).toContain(removedEmail);
        expect(text.slice(before.length).includes(`${email} `)).toBe(false);
        expect(withoutEmails(text)).toBe(text);
      }),
    );
  });
});
