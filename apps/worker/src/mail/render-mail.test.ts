import { expect, test } from 'vitest';
import { renderMail } from './render-mail.ts';

test('a deleted organization is called by its name, whatever that is, with the day until which it can be restored', () => {
  const mail = renderMail(
    {
      purpose: 'organization_deleted',
      recipient: 'ada@example.org',
      name: 'Ada',
      token: 'never used',
      organization: '{date} $& <b>Labs</b>',
      erasedAfter: '2026-12-26T10:00:00.000Z',
    },
    'https://granary.example',
  );
  expect(mail.text).toContain('The organization “{date} $& <b>Labs</b>” was deleted');
  expect(mail.text).toContain('On 2026-12-26 everything in it');
  expect(mail.html).toContain('“{date} $&amp; &lt;b&gt;Labs&lt;/b&gt;”');
  expect(mail.text + mail.html).not.toContain('never used');
});
