import { Buffer } from 'node:buffer';
import { byte } from '../csv/grammar.ts';
import type { JsonReader } from './json-reader.ts';

/** Whether the bytes are one JSON value that jsonb keeps whole. */
export function isWholeJson(json: JsonReader, content: Buffer): boolean {
  const value = Buffer.allocUnsafe(content.length + 1);
  content.copy(value);
  value[content.length] = byte.lineFeed; // the reader's stop
  json.reset();
  // a number ends only where something else is seen
  const end = json.skipValue(value, 0, value.length);
  return (
    end >= 0 &&
    end <= content.length &&
    json.skipWhitespace(value, end, content.length) === content.length &&
    json.trouble === null
  );
}
