import { Buffer } from 'node:buffer';
import type { ColumnType } from '@granary/domain/column-types';
import { byte, seen, unquotedMasks } from '../csv/grammar.ts';
import type { FileWriter } from '../input/file-writer.ts';
import { classifyNumber } from '../typing/classify-number.ts';
import { classifyValue } from '../typing/classify-value.ts';
import { lexicalClass as is, type LexicalClass } from '../typing/lexical-class.ts';
import { type JsonTrouble, jsonText } from './json-reader.ts';

/** Masks of bytes in a string: nothing in it stops a value. */
const masks = unquotedMasks({ delimiter: 0, quote: null, backslash: false, skipInitialSpace: false }).map((mask) =>
  mask === seen.stop ? seen.other : mask,
);
const backslashMask = 1 << 20;
masks[byte.backslash] = seen.other | backslashMask;

/** A string is only ever what numbers and true or false have no spelling of their own for. */
const stringClasses: ReadonlySet<LexicalClass> = new Set([
  is.emptyString,
  is.isoDate,
  is.yearFirstDate,
  is.dayFirstDate,
  is.monthFirstDate,
  is.ambiguousDate,
  is.isoTimestamp,
  is.zonedTimestamp,
  is.yearFirstTimestamp,
  is.dayFirstTimestamp,
  is.monthFirstTimestamp,
  is.ambiguousTimestamp,
  is.time,
  is.uuid,
]);

/** The class of a valid JSON value: JSON says itself what is a number, so `"007"` and `"12"` are text. */
export function classifyJson(buffer: Buffer, start: number, end: number, trouble: JsonTrouble | null): LexicalClass {
  switch (buffer[start]) {
    case byte.quote: {
      let mask: number = seen.quoted;
      for (let position = start + 1; position < end - 1; position++) mask |= masks[buffer[position]!]!;
      if ((mask & backslashMask) !== 0) return is.text;
      const kind = classifyValue(buffer, start + 1, end - 1, mask);
      return stringClasses.has(kind) ? kind : is.text;
    }
    case byte.leftBrace:
    case byte.leftBracket:
      return trouble === null ? is.json : is.unsafeJson;
    case 0x6e:
      return is.null;
    case 0x74:
    case 0x66:
      return is.boolean;
    default: {
      const kind = trouble === null ? classifyNumber(buffer, start, end) : null;
      return kind === null || kind === is.text ? is.unsafeJson : kind;
    }
  }
}

/** Writes a value as a CSV field for a column of this type: strings as their text, but for jsonb as JSON. */
export function writeCell(writer: FileWriter, buffer: Buffer, start: number, end: number, type: ColumnType): void {
  switch (buffer[start]) {
    case 0x6e:
      return;
    case byte.quote:
      if (type === 'jsonb') writeQuoted(writer, buffer, start, end);
      else if (buffer.subarray(start, end).includes(byte.backslash)) {
        writeText(writer, jsonText(buffer, start, end));
      } else writer.bytes(buffer, start, end);
      return;
    case byte.leftBrace:
    case byte.leftBracket:
      writeQuoted(writer, buffer, start, end);
      return;
    default:
      writer.bytes(buffer, start, end);
  }
}

/** Writes a text as a CSV field. */
export function writeText(writer: FileWriter, text: string): void {
  const bytes = Buffer.from(text);
  writeQuoted(writer, bytes, 0, bytes.length);
}

function writeQuoted(writer: FileWriter, buffer: Buffer, start: number, end: number): void {
  writer.byte(byte.quote);
  let from = start;
  for (let position = start; position < end; position++) {
    if (buffer[position] !== byte.quote) continue;
    writer.bytes(buffer, from, position + 1);
    writer.byte(byte.quote);
    from = position + 1;
  }
  writer.bytes(buffer, from, end);
  writer.byte(byte.quote);
}
