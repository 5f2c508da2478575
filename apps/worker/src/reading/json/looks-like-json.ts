import { Buffer } from 'node:buffer';
import { byte } from '../csv/grammar.ts';
import { ReadError } from '../read-error.ts';
import { JsonReader, jsonInvalid } from './json-reader.ts';

export type JsonForm = 'json' | 'jsonl';

const openBrace = 0x7b;
const openBracket = 0x5b;
const advice = 'A JSON file must be an array of objects, or hold one object a line (JSON Lines).';

/**
 * Whether a text is JSON, by its beginning and not by its name: an array, or one object a line. null: neither. Throws
 * ReadError if it is JSON of another shape. `head`: the first bytes; `isWhole`: they are all there is.
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
    throw new ReadError('not_a_table', `This is a JSON array of something other than objects. ${advice}`);
  }
  if (head[start] !== openBrace || (inside !== byte.quote && inside !== 0x7d)) return null;

  const lineEnd = head.indexOf(byte.lineFeed, start);
  const end = skip(json, head, start);
  if (end >= 0 && (lineEnd < 0 || end <= lineEnd)) {
    const isAlone = isWhole && json.skipWhitespace(head, end, head.length) === head.length;
    if (isAlone && /\.json(\.(gz|zst))?$/i.test(fileName))
      throw new ReadError('not_a_table', `This is one JSON object, not a table. ${advice}`);
    return 'jsonl';
  }
  if (lineEnd < 0 || anyLineIsObject(json, head)) return 'jsonl';
  if (end === jsonInvalid) {
    const line = head.subarray(0, json.failedAt).toString('latin1').split('\n').length;
    throw new ReadError('corrupt', `This looks like JSON, but it is not valid on line ${line}.`, { line });
  }
  throw new ReadError('not_a_table', `This is a JSON object over several lines, not a table. ${advice}`);
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
