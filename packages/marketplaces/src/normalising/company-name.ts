import { isEmail } from '../reading/emails.ts';
import { lineOf } from '../reading/text.ts';
import { capitalForms, legalForms } from './legal-forms.ts';

export interface CompanyName {
  readonly name: string;
  /** Two names with the same slug are taken for one company. */
  readonly slug: string;
}

/** Between a name and its legal form, or left behind by one that was taken off. */
const edge = /[\s,;:|/·•&–—-]+$/;

/**
 * The company that a developer's name stands for: "Example Inc." and "Example - LLC" are Example, "gaggle.net" is
 * Gaggle.net. A legal form is taken off the end alone, where it is a word of its own, and never all of the name: what
 * stands within a name tells companies apart. Null for a name without a letter or digit, and for an e-mail address.
 */
export function companyName(developer: string): CompanyName | null {
  const line = lineOf(developer, 200);
  if (line === null || isEmail(line)) return null;
  const name = capitalised(
    withoutForms(
      withoutOwnDomain(
        line
          .replace(/[®™©]/g, '')
          .replace(/^(?:https?:\/\/)?www\./i, '')
          .trim(),
      ),
    ),
  );
  const slug = companySlug(name);
  return slug === null ? null : { name, slug };
}

/** Lower case without Latin accents, words joined by hyphens; letters of other scripts stay. Null where nothing is left. */
export function companySlug(name: string): string | null {
  const slug = name
    .normalize('NFKD')
    .replace(/(\p{Script=Latin})[\u0300-\u036f]+/gu, '$1')
    .normalize('NFC')
    .toLowerCase()
    .replace(/[ßøæœłđð]/g, (letter) => latin.get(letter) ?? letter)
    .replace(/[&+#]/g, (sign) => ` ${spoken.get(sign) ?? ''} `)
    .replace(/['’]/g, '')
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, '-')
    .replace(/^-/, '');
  const cut = [...slug].slice(0, 100).join('').replace(/-$/, '');
  return cut === '' ? null : cut;
}

const latin: ReadonlyMap<string, string> = new Map([
  ['ß', 'ss'],
  ['ø', 'o'],
  ['æ', 'ae'],
  ['œ', 'oe'],
  ['ł', 'l'],
  ['đ', 'd'],
  ['ð', 'd'],
]);
const spoken: ReadonlyMap<string, string> = new Map([
  ['&', 'and'],
  ['+', 'plus'],
  ['#', 'sharp'],
]);

/** "GmbH & Co. KG", "Pty Ltd" and "S.A. de C.V." are several forms, taken off one by one. */
function withoutForms(name: string): string {
  let rest = name;
  while (true) {
    const shorter = withoutForm(rest);
    if (shorter === null) return rest;
    rest = shorter;
  }
}

function withoutForm(name: string): string | null {
  const trimmed = name.replace(/[\s.,;:]+$/, '');
  // up to three words, for forms that are written apart: "sp. z o.o.", "S. A."
  const words = trimmed.split(/(?<=[\s,(/–—-])/).filter((word) => word !== '');
  for (const count of [3, 2, 1]) {
    if (count >= words.length) continue;
    const form = words
      .slice(-count)
      .join('')
      .replace(/[\s.,()/]/g, '');
    if (count > 1 && words.slice(-count).some((word) => word.trim().replace(/[.,]/g, '').length > 2)) continue;
    if (!capitalForms.has(form) && !legalForms.has(form.toLowerCase())) continue;
    const rest = words
      .slice(0, -count)
      .join('')
      .replace(/[\s(]+$/, '')
      .replace(edge, '')
      .replace(/\s(?:and|und|et|de|y)$/i, '');
    return /[\p{L}\p{N}]/u.test(rest) ? rest : null;
  }
  return null;
}

/** "Example (example.com)" and "Example - example.com" say the same thing twice. */
function withoutOwnDomain(name: string): string {
  const found = /^(.{1,150}?)[\s(–—|-]{1,5}(?:www\.)?([a-z0-9-]{1,63})\.[a-z.]{2,20}\)?$/i.exec(name);
  const [, rest, label] = found ?? [];
  if (rest === undefined || label === undefined) return name;
  return joined(rest) === joined(label) || joined(withoutForms(rest)) === joined(label) ? rest : name;
}

function joined(name: string): string {
  return companySlug(name)?.replaceAll('-', '') ?? '';
}

function capitalised(name: string): string {
  return name === name.toLowerCase() ? name.charAt(0).toUpperCase() + name.slice(1) : name;
}
