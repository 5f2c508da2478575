/** Names that Postgres or Granary gives to columns of its own in every table, and one that a JavaScript object cannot have as a key. */
const reserved = new Set([
  'rowid',
  'tenant_id',
  'user_id',
  'ctid',
  'xmin',
  'xmax',
  'cmin',
  'cmax',
  'tableoid',
  '__proto__',
]);

/** Postgres cuts longer names off (NAMEDATALEN − 1). */
const maxBytes = 63;

const spelledOut: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  đ: 'd',
  ł: 'l',
  þ: 'th',
  ð: 'd',
  ı: 'i',
};

/** A name of `[a-z0-9_]` that is as close to the original as may be, or ''. */
function legalize(original: string): string {
  if (/^[a-z_][a-z0-9_]*$/.test(original)) return original;
  const base = original
    .slice(0, 1000)
    .toLowerCase()
    .replace(/[ßæœøđłþðı]/g, (letter) => spelledOut[letter] ?? '')
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '');
  return /^[0-9]/.test(base) ? `_${base}` : base;
}

/**
 * One legal name per column (`^[a-z_][a-z0-9_]*$`, at most 63 bytes), all different and none reserved. A column without a
 * usable name is called by its position: `column_3`. Equal names are numbered in order: `age`, `age_2`.
 *
 * @example columnNames(['Âge (years)', '', 'age years', 'user_id']) // ['age_years', 'column_2', 'age_years_2', 'user_id_2']
 */
export function columnNames(originals: readonly string[]): string[] {
  const taken = new Set(reserved);
  const lastNumber = new Map<string, number>();
  return originals.map((original, index) => {
    const base = legalize(original).slice(0, maxBytes) || `column_${index + 1}`;
    let name = base;
    for (let number = lastNumber.get(base) ?? 2; taken.has(name); number++) {
      const suffix = `_${number}`;
      name = base.slice(0, maxBytes - suffix.length) + suffix;
      lastNumber.set(base, number + 1);
    }
    taken.add(name);
    return name;
  });
}
