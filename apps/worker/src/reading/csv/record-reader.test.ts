import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type NaiveGrammar, type NaiveRecord, readNaively } from '../testing/naive-csv.ts';
import { byte, type Grammar, seen } from './grammar.ts';
import { countLineEnds, findLineEnd } from './line-ends.ts';
import { outcome, RecordReader } from './record-reader.ts';

/** The same steps as the scan of a file, over a text in memory. */
function readAll(text: string, grammar: Grammar): NaiveRecord[] {
  const bytes = Buffer.from(`${text}\n`);
  const limit = bytes.length - 1;
  const reader = new RecordReader(grammar, 100);
  const records: NaiveRecord[] = [];
  let line = 1;
  for (let position = 0; position < limit; ) {
    const offset = position;
    const result = reader.read(bytes, position, limit, true);
    const end = result === outcome.record ? null : findLineEnd(bytes, reader.openedAt, limit, true)!;
    const raw = bytes.toString('utf8', position, end?.textEnd ?? reader.textEnd);
    records.push({ line, offset, raw, fields: end ? null : fieldsOf(reader, bytes) });
    position = end?.next ?? reader.end;
    line += end ? countLineEnds(bytes, offset, end.next) : reader.innerBreaks + 1;
  }
  return records;
}

function fieldsOf(reader: RecordReader, bytes: Buffer): (string | null)[] {
  return Array.from({ length: reader.fieldCount }, (_, index) => {
    const isNull = reader.starts[index] === reader.ends[index] && (reader.masks[index]! & seen.quoted) === 0;
    return isNull ? null : reader.content(bytes, index).toString();
  });
}

const naiveGrammar = fc.record<NaiveGrammar>({
  delimiter: fc.constantFrom(',', ';', '\t', '|'),
  quote: fc.constantFrom('"', "'"),
  backslash: fc.boolean(),
  skipInitialSpace: fc.boolean(),
});

const toGrammar = (grammar: NaiveGrammar): Grammar => ({
  ...grammar,
  delimiter: grammar.delimiter.charCodeAt(0),
  quote: grammar.quote.charCodeAt(0),
});

/** Texts that are nearly all quotes, delimiters and line ends. */
const hostileText = fc
  .array(
    fc.constantFrom('"', '""', "'", ',', ';', '\t', '|', '\n', '\r\n', '\r', '\\', ' ', '\0', 'a', 'é', '1.5', '"a"'),
    {
      maxLength: 60,
    },
  )
  .map((parts) => parts.join(''));

test('records, fields, lines and offsets are those of a naive reader, whatever the text', () => {
  fc.assert(
    fc.property(hostileText, naiveGrammar, (text, grammar) => {
      expect(readAll(text, toGrammar(grammar))).toEqual(readNaively(text, grammar));
    }),
    { numRuns: 3000 },
  );
});

test('a record that is cut anywhere is read in full or waits for the rest, and is never read wrongly', () => {
  fc.assert(
    fc.property(hostileText, naiveGrammar, fc.nat(), (text, grammar, cutAt) => {
      const bytes = Buffer.from(`${text}\n`);
      const cut = cutAt % bytes.length;
      const whole = new RecordReader(toGrammar(grammar), 100);
      const part = new RecordReader(toGrammar(grammar), 100);
      if (cut === 0) return;
      const expected = whole.read(bytes, 0, bytes.length - 1, true);
      // behind the limit stands a line feed, as in a window of a file, whatever follows in the file
      const windowed = Buffer.concat([bytes.subarray(0, cut), Buffer.from('\n')]);
      const result = part.read(windowed, 0, cut, false);
      if (result === outcome.incomplete) return;
      expect(result).toBe(expected);
      expect(part.end).toBe(whole.end);
      if (result === outcome.record) expect(fieldsOf(part, windowed)).toEqual(fieldsOf(whole, bytes));
    }),
    { numRuns: 3000 },
  );
});

test('fields past the capacity are counted and not kept', () => {
  const reader = new RecordReader(
    { delimiter: byte.comma, quote: byte.quote, backslash: false, skipInitialSpace: false },
    2,
  );
  const bytes = Buffer.from('a,b,c,d\n');
  expect(reader.read(bytes, 0, 7, true)).toBe(outcome.record);
  expect(reader.fieldCount).toBe(4);
  expect(reader.starts).toHaveLength(2);
});
