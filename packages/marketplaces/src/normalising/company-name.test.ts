import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { companyName } from './company-name.ts';
import { legalForms } from './legal-forms.ts';

describe('a company', () => {
  test.each([
    ['Example Inc.', 'Example', 'example'],
    ['Example, Inc', 'Example', 'example'],
    ['Example - LLC', 'Example', 'example'],
    ['Example L.L.C.', 'Example', 'example'],
    ['Example GmbH & Co. KG', 'Example', 'example'],
    ['Example Pty Ltd', 'Example', 'example'],
    ['Example (Pty) Ltd.', 'Example', 'example'],
    ['Example Private Limited', 'Example', 'example'],
    ['Example S.A.', 'Example', 'example'],
    ['Example S. A.', 'Example', 'example'],
    ['Example S.A. de C.V.', 'Example', 'example'],
    ['Example Sp. z o.o.', 'Example', 'example'],
    ['Example AS', 'Example', 'example'],
    ['Example A/S', 'Example', 'example'],
    ['Example Co., Ltd.', 'Example', 'example'],
    ['Example S.p.A.', 'Example', 'example'],
    ['Example OÜ', 'Example', 'example'],
    ['example', 'Example', 'example'],
    ['Example (example.com)', 'Example', 'example'],
    ['Example Ltd - www.example.co.uk', 'Example', 'example'],
    ['Example® ', 'Example', 'example'],
    ['gaggle.net', 'Gaggle.net', 'gaggle-net'],
    ['Gaggle.net Inc.', 'Gaggle.net', 'gaggle-net'],
    ['www.onpage.example', 'Onpage.example', 'onpage-example'],
    ['Größe & Søn ApS', 'Größe & Søn', 'grosse-and-son'],
    ['株式会社サンプル', '株式会社サンプル', '株式会社サンプル'],
    ['ООО Пример', 'ООО Пример', 'ооо-пример'],
    ['C++ Tools', 'C++ Tools', 'c-plus-plus-tools'],
  ])('%s is %s', (developer, name, slug) => {
    expect(companyName(developer)).toEqual({ name, slug });
  });

  test.each([
    'Co Pilot Labs',
    'AS Roma',
    'Inc Magazine',
    'Limited Run Games',
    'Sa Va Software',
    'Beauty Spa',
    'Such as',
    'Costco',
    'Asana',
    'Visa',
    'Zinc',
    'The Browser Company',
    'Brainstorm Force',
    'Alpha Co Beta',
  ])('keeps what is no legal form at the end of its name: %s', (name) => {
    expect(companyName(name)?.name).toBe(name);
  });

  test.each(['Ltd', 'Inc.', 'LLC', 'GmbH & Co. KG', 'A/S'])(
    'that is called nothing but a legal form keeps it: %s',
    (name) => {
      expect(companyName(name)?.slug).toBeTruthy();
    },
  );

  test.each(['someone@example.com', ' someone@example.com ', '', '   ', '★★★', '\0', '-'])(
    'is not made of %j',
    (developer) => {
      expect(companyName(developer)).toBeNull();
    },
  );

  const word = fc.stringMatching(/^[A-Z][a-z]{4,9}$/).filter((text) => !legalForms.has(text.toLowerCase()));

  test('with words within its name that are legal forms is not the one without them', () => {
    fc.assert(
      fc.property(word, fc.constantFrom('Co', 'AS', 'SA', 'Inc', 'Limited', 'AG', 'LLC'), word, (a, form, b) => {
        expect(companyName(`${a} ${form} ${b}`)?.slug).not.toBe(companyName(`${a} ${b}`)?.slug);
        expect(companyName(`${a} ${form} ${b}`)?.slug).not.toBe(companyName(b)?.slug);
      }),
    );
  });

  test('is the same with any legal form behind its name, and normalising it again changes nothing', () => {
    fc.assert(
      fc.property(
        word,
        word,
        fc.constantFrom(', Inc.', ' LLC', ' GmbH', ' - Ltd', ' S.A.', ' AS', ' Co.', ' B.V.', ' s.r.o.'),
        (a, b, form) => {
          const name = companyName(`${a} ${b}${form}`);
          expect(name).toEqual({ name: `${a} ${b}`, slug: `${a}-${b}`.toLowerCase() });
          expect(companyName(name?.name ?? '')).toEqual(name);
        },
      ),
    );
  });

  test('of any text is none, or has a name and a slug', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
        const name = companyName(text);
        expect(name === null || (name.name.length > 0 && /^[^\s/]{1,100}$/u.test(name.slug))).toBe(true);
      }),
    );
  });
});
