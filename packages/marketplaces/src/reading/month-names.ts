/** Languages whose dates are read. More names would clash: "listopada" is October in Croatian and November in Polish. */
export const dateLocales = 'en de fr es it pt nl pl ru uk sv da nb fi cs tr ja ko zh'.split(' ');

const months = collectMonths();

/** The number of the month, 1 to 12, that a word in lower case names, without its dot. */
export function monthOf(word: string): number | undefined {
  return months.get(word);
}

/** A word that names two different months in two of the languages names none. */
function collectMonths(): ReadonlyMap<string, number> {
  const names = new Map<string, number>();
  const clashing = new Set<string>();
  for (const locale of dateLocales)
    for (const style of ['long', 'short'] as const)
      for (const withDay of [true, false])
        for (let month = 1; month <= 12; month++)
          for (const name of namesOf(locale, style, withDay, month)) {
            if ((names.get(name) ?? month) !== month) clashing.add(name);
            names.set(name, month);
          }
  names.set('sept', 9);
  for (const name of clashing) names.delete(name);
  return names;
}

/** With a day beside it a month stands in the genitive in Slavic languages. */
function namesOf(locale: string, style: 'long' | 'short', withDay: boolean, month: number): readonly string[] {
  const format = new Intl.DateTimeFormat(locale, {
    month: style,
    timeZone: 'UTC',
    ...(withDay ? { day: 'numeric' as const, year: 'numeric' as const } : {}),
  });
  const parts = format.formatToParts(new Date(Date.UTC(2025, month - 1, 15)));
  const name =
    parts
      .find((part) => part.type === 'month')
      ?.value.toLowerCase()
      .replace(/\.$/, '') ?? '';
  return /^[\p{L}\p{M}]+$/u.test(name) ? [name] : [];
}
