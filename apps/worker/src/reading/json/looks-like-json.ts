import { Buffer } from 'node:buffer';
import { byte } from '../csv/grammar.ts';
import { ReadError } from '../read-error.ts';
import { JsonReader, jsonInvalid } from './json-reader.ts';

/** What a JSON text seems to be; 'object or lines': its first line is longer than what was seen. */
export type JsonForm = 'json' | 'jsonl' | 'object' | 'object or lines';

const openBrace = 0x7b;
const openBracket = 0x5b;
export const jsonAdvice =
  'A JSON file must be an array of objects, hold one somewhere in it, or be one object a line (JSON Lines).';

/**
 * Whether a text is JSON, by its beginning and not by its name: an array, one object a line, or one object, which may hold the
 * array. null: none of them. Throws ReadError if it is JSON of another shape. `head`: the first bytes; `isWhole`: they are
 * all there is.
 */
export function looksLikeJson(head: Buffer, isWhole: boolean, fileName: string): JsonForm | null {
  const json = new JsonReader();
  const start = json.skipWhitespace(head, 0, head.length);
  const inside = head[json.skipWhitespace(head, start + 1, head.length)];
  if (head[start] === openBracket) {
    if (inside === openBrace || inside === 0x5d) return 'json';
    // a CSV file may begin with a bracket too, so the whole must be JSON before it is refused as such
    const end = skip(json, head, start);
    if (end < 0 || (isWhole && json.skipWhitespace(head, end, head.length) < head.length)) return null;
    throw new ReadError('not_a_table', `This is a JSON array of something other than objects. ${jsonAdvice}`);
  }
  if (head[start] !== openBrace || (inside !== byte.quote && inside !== 0x7d)) return null;

  const lineEnd = head.indexOf(byte.lineFeed, start);
  const end = skip(json, head, start);
  if (end >= 0 && (lineEnd < 0 || end <= lineEnd)) {
    const isAlone = isWhole && json.skipWhitespace(head, end, head.length) === head.length;
    return isAlone && /\.(geo)?json(\.(gz|zst))?$/i.test(fileName) ? 'object' : 'jsonl';
  }
  if (lineEnd < 0) return isWhole ? 'jsonl' : 'object or lines';
  if (end !== jsonInvalid) return 'object';
  if (anyLineIsObject(json, head)) return 'jsonl';
  const line = head.subarray(0, json.failedAt).toString('latin1').split('\n').length;
  throw new ReadError('corrupt', `This looks like JSON, but it is not valid on line ${line}.`, { line });
}

/** Whether a text begins as JSON does. */
export function beginsAsJson(head: Buffer): boolean {
  const first = head[new JsonReader().skipWhitespace(head, 0, head.length)];
  return first === openBrace || first === openBracket;
}

/** skipValue wants a line feed behind the limit to stop at. */
function skip(json: JsonReader, head: Buffer, from: number): number {
  const copy = Buffer.alloc(head.length + 1, byte.lineFeed);
  head.copy(copy);
  return json.skipValue(copy, from, head.length);
}

/** The first line may be a bad one. */
function anyLineIsObject(json: JsonReader, head: Buffer): boolean {
  let from = 0;
  for (let line = 0; line < 5; line++) {
    const end = head.indexOf(byte.lineFeed, from);
    if (end < 0) return false;
    const start = json.skipWhitespace(head, from, end);
    if (head[start] === openBrace && json.skipWhitespace(head, json.skipValue(head, start, end), end) === end)
      return true;
    from = end + 1;
  }
  return false;
}
