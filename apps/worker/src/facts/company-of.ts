import { soundText } from './sound-values.ts';

/** The company that a developer's name means: `slug` is the same for names that mean the same. */
export function companyOf(developerName: string): { readonly slug: string; readonly name: string } | null {
  const name = soundText(developerName, 300);
  const slug = name
    ?.normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}.]+/gu, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 200);
  return name && slug ? { slug, name } : null;
}
