import { expect, test } from 'vitest';
import { attachment } from './content-disposition.ts';

test.for([
  ['rows.csv', `attachment; filename="rows.csv"; filename*=UTF-8''rows.csv`],
  ['naïve – €.csv', `attachment; filename="na_ve _ _.csv"; filename*=UTF-8''na%C3%AFve%20%E2%80%93%20%E2%82%AC.csv`],
  [`it's "q".csv`, `attachment; filename="it's _q_.csv"; filename*=UTF-8''it%27s%20%22q%22.csv`],
  ['../../etc/passwd', `attachment; filename=".._.._etc_passwd"; filename*=UTF-8''.._.._etc_passwd`],
  ['a\r\nSet-Cookie: b', `attachment; filename="a__Set-Cookie: b"; filename*=UTF-8''a__Set-Cookie%3A%20b`],
  ['\ud800lone', `attachment; filename="_lone"; filename*=UTF-8''%EF%BF%BDlone`],
])('%j as a header', ([name = '', expected]) => {
  expect(attachment(name)).toBe(expected);
});
