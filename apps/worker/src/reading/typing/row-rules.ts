import { Buffer } from 'node:buffer';
import type { RecordReader } from '../csv/record-reader.ts';
import { classifyValue } from './classify-value.ts';
import type { ColumnRule } from './column-rules.ts';
import { type LexicalClass, lexicalClass } from './lexical-class.ts';
import { classifyLocalNumber } from './local-number.ts';
import { misfitReason } from './misfit-reason.ts';
import { plainClasses, plainWithPoint, valueReaders } from './value-readers.ts';

/** A value that does not fit the type that the user gave its column. */
export interface Misfit {
  readonly column: number;
  readonly reason: string;
}

/** Longer runs of blanks are text. */
const maxBlanks = 64;

interface ReadyRule {
  readonly rule: ColumnRule;
  readonly nulls: readonly Buffer[] | null;
  /** Well-known spellings are NULL. */
  readonly knowsNulls: boolean;
  /** By class: the value stands as it is. */
  readonly plain: Uint8Array;
}

/** The user's word on columns, held against one value after the other. */
export class RowRules {
  readonly #rules: readonly ReadyRule[];
  /** Columns whose type is given, and is not text. */
  readonly #forced: readonly number[];
  /** By column: what is to be written instead of the last record's value. Empty if all of it stands. */
  readonly replacements = new Map<number, string>();

  constructor(rules: readonly ColumnRule[]) {
    this.#rules = rules.map(ready);
    this.#forced = [...rules.keys()].filter((index) => isForced(rules[index]!));
  }

  /** Reads the values of the record whose types are given. Returns the first that does not fit, if one does not. */
  check(reader: RecordReader, buffer: Buffer): Misfit | null {
    this.replacements.clear();
    for (const column of this.#forced) {
      const [start, end, mask] = [reader.starts[column]!, reader.ends[column]!, reader.masks[column]!];
      const { plain, knowsNulls } = this.#rules[column]!;
      const kind = classifyValue(buffer, start, end, mask);
      const isSpelledNull = kind === lexicalClass.nullSpelling && knowsNulls;
      if (isSpelledNull || plain[kind] === 1 || this.isNull(column, buffer, start, end)) continue;
      const text = reader.content(buffer, column).toString();
      const read = this.#read(column, text);
      if (typeof read !== 'string') return { column, reason: read.why };
      if (read !== text) this.replacements.set(column, read);
    }
    return null;
  }

  /** Reads one value of a column: as it is to be written, or why it does not fit. */
  read(column: number, text: string): string | Misfit {
    const read = this.#read(column, text);
    return typeof read === 'string' ? read : { column, reason: read.why };
  }

  /** Whether the type of a column is given, and is not text. */
  isForced(column: number): boolean {
    return isForced(this.#rules[column]!.rule);
  }

  /** The class of a value, where what the user calls NULL is `nullSpelling`, and nothing else if there is a list of it. */
  classify(column: number, buffer: Buffer, start: number, end: number, mask: number): LexicalClass {
    const kind = classifyValue(buffer, start, end, mask);
    if (kind === lexicalClass.null || this.isNull(column, buffer, start, end)) {
      return kind === lexicalClass.null ? kind : lexicalClass.nullSpelling;
    }
    const { knowsNulls, rule } = this.#rules[column]!;
    if (kind === lexicalClass.nullSpelling) return knowsNulls ? kind : lexicalClass.text;
    return rule.decimalSeparator === ',' ? classifyLocalNumber(buffer, start, end, kind) : kind;
  }

  /** Whether the user says that this is NULL, or that the column has a type in which blanks are nothing. */
  isNull(column: number, buffer: Buffer, start: number, end: number): boolean {
    const { nulls, rule } = this.#rules[column]!;
    if (nulls?.some((bytes) => bytes.length === end - start && bytes.compare(buffer, start, end) === 0)) return true;
    return isForced(rule) && end > start && end - start <= maxBlanks && isBlank(buffer, start, end);
  }

  #read(column: number, text: string): string | { why: string } {
    const { rule } = this.#rules[column]!;
    if (rule.type === null) return text;
    const read = valueReaders[rule.type](text, rule);
    if (typeof read === 'string') return read;
    return { why: misfitReason(text, read.why, rule.type) };
  }
}

const isForced = ({ type }: ColumnRule) => type !== null && type !== 'text';

function ready(rule: ColumnRule): ReadyRule {
  const nulls = rule.nullValues?.map((value) => Buffer.from(value)) ?? null;
  const plain = new Uint8Array(Object.keys(lexicalClass).length);
  const { type, decimalSeparator } = rule;
  if (type !== null) {
    const withPoint = decimalSeparator === '.' ? (plainWithPoint[type] ?? []) : [];
    for (const kind of [...plainClasses[type], ...withPoint]) plain[kind] = 1;
  }
  for (const kind of [lexicalClass.null, lexicalClass.emptyString]) plain[kind] = 1;
  // null is a value of JSON
  return { rule, nulls, knowsNulls: nulls === null && type !== 'jsonb', plain };
}

function isBlank(buffer: Buffer, start: number, end: number): boolean {
  for (let position = start; position < end; position++) if (buffer[position] !== 32) return false;
  return true;
}
