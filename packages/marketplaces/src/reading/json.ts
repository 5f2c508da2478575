import { UnreadablePage } from '../connector.ts';

/** Marketplaces nest a dozen deep. What recurses over a value may rely on this. */
const maxDepth = 100;

/** Parses JSON, with a byte order mark or without. Throws UnreadablePage for what is none, or nested beyond reason. */
export function parseJson(text: string): unknown {
  const json = text.startsWith('\ufeff') ? text.slice(1) : text;
  if (isTooDeep(json)) throw new UnreadablePage(`Its JSON is nested more than ${maxDepth} deep.`);
  try {
    return JSON.parse(json);
  } catch {
    throw new UnreadablePage('It is no valid JSON.');
  }
}

function isTooDeep(json: string): boolean {
  let depth = 0;
  for (let i = 0; i < json.length; i++) {
    const code = json.charCodeAt(i);
    if (code === 0x22) i = endOfString(json, i);
    else if (code === 0x5b || code === 0x7b) {
      if (++depth > maxDepth) return true;
    } else if (code === 0x5d || code === 0x7d) depth--;
  }
  return false;
}

/** Of the quote that closes the string which opens at `start`; the text's end where none does. */
export function endOfString(text: string, start: number): number {
  const quote = text.charCodeAt(start);
  for (let i = start + 1; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x5c) i++;
    else if (code === quote) return i;
  }
  return text.length;
}

/** What stands at a path of own keys and indices; undefined where it ends early. `__proto__` is a key like others. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  let found = value;
  for (const step of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, step)) return undefined;
    found = Reflect.get(found, step);
  }
  return found;
}

export function textAt(value: unknown, ...path: readonly (string | number)[]): string | null {
  const found = at(value, ...path);
  return typeof found === 'string' && found.trim() !== '' ? found : null;
}

export function numberAt(value: unknown, ...path: readonly (string | number)[]): number | null {
  const found = at(value, ...path);
  return typeof found === 'number' && Number.isFinite(found) ? found : null;
}

export function listAt(value: unknown, ...path: readonly (string | number)[]): readonly unknown[] | null {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : null;
}

/** The texts of a list; null where there is no list. */
export function textsAt(value: unknown, ...path: readonly (string | number)[]): readonly string[] | null {
  return listAt(value, ...path)?.filter((entry) => typeof entry === 'string') ?? null;
}

/** The own entries of an object; none where it is no object. */
export function entriesAt(
  value: unknown,
  ...path: readonly (string | number)[]
): readonly (readonly [string, unknown])[] {
  const found = at(value, ...path);
  return typeof found === 'object' && found !== null && !Array.isArray(found) ? Object.entries(found) : [];
}
