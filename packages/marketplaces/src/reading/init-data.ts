import type { HtmlPage } from './html.ts';
import { endOfString, parseJson } from './json.ts';

/** A block of data that Google's pages carry in a script of its own: `AF_initDataCallback({key: 'ds:0', …, data:[…]})`. */
export interface InitData {
  readonly data: unknown;
  /** The page says that its data could not be had. */
  readonly failed: boolean;
}

const call = 'AF_initDataCallback(';

/** Finds the block of a key, wherever it stands; null where there is none that can be read. Nothing is evaluated. */
export function initData(page: HtmlPage, key: string): InitData | null {
  for (const { text } of page.scripts) {
    const script = text.trimStart();
    if (!script.startsWith(call)) continue;
    const properties = readLiteral(script.slice(call.length));
    if (unquote(properties.get('key')) !== key) continue;
    const data = properties.get('data');
    if (data === undefined) return null;
    try {
      return { data: parseJson(jsonOf(data)), failed: properties.get('errorHasStatus') === 'true' };
    } catch {
      return null;
    }
  }
  return null;
}

/**
 * An object literal's properties as they are written. What nests is stepped over with a look at strings and brackets only.
 */
function readLiteral(source: string): ReadonlyMap<string, string> {
  const properties = new Map<string, string>();
  let i = source.indexOf('{') + 1;
  while (i > 0 && i < source.length) {
    const colon = source.indexOf(':', i);
    if (colon === -1) break;
    const name = source
      .slice(i, colon)
      .trim()
      .replace(/^['"]|['"]$/g, '');
    const end = endOfValue(source, colon + 1);
    if (/^[A-Za-z_$][\w$]{0,63}$/.test(name)) properties.set(name, source.slice(colon + 1, end).trim());
    if (source[end] !== ',') break;
    i = end + 1;
  }
  return properties;
}

/** Of the comma or bracket that ends the value. */
function endOfValue(source: string, start: number): number {
  let depth = 0;
  for (let i = start; i < source.length; i++) {
    const char = source[i];
    if (char === '"' || char === "'") i = endOfString(source, i);
    else if (char === '[' || char === '{' || char === '(') depth++;
    else if (char === ']' || char === '}' || char === ')') {
      if (depth-- === 0) return i;
    } else if (char === ',' && depth === 0) return i;
  }
  return source.length;
}

function unquote(literal: string | undefined): string | undefined {
  return literal?.replace(/^(['"])(.*)\1$/s, '$2');
}

/** Until 2020 the data came out of a function; until then also, `\x27` stood in its strings, which JSON does not know. */
function jsonOf(data: string): string {
  const returned = /^function\s{0,9}\(\)\s{0,9}\{\s{0,9}return\b/.exec(data)?.[0];
  const value =
    returned === undefined ? data : data.slice(returned.length, data.lastIndexOf('}')).trim().replace(/;$/, '');
  return value.includes('\\x')
    ? value.replace(/\\(?:x([0-9a-fA-F]{2})|(.))/gs, (all, hex) => (hex === undefined ? all : `\\u00${hex}`))
    : value;
}
