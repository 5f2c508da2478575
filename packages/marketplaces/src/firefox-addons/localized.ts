import { at, entriesAt, textAt } from '../reading/json.ts';

/**
 * A text, or texts by locale: the English one, else that of the default locale, else any. `_default` names a locale and is
 * no text.
 */
export function localized(value: unknown, defaultLocale: string | null): string | null {
  if (typeof value === 'string') return value === '' ? null : value;
  const locales = ['en-US', 'en-GB', 'en', textAt(value, '_default') ?? defaultLocale ?? '', defaultLocale ?? ''];
  for (const locale of locales) {
    const text = textAt(value, locale);
    if (text !== null) return text;
  }
  const found = entriesAt(value).find(
    ([locale]) =>
      locale !== '_default' && locale !== 'url' && locale !== 'outgoing' && typeof at(value, locale) === 'string',
  );
  return found === undefined ? null : textAt(found, 1);
}
