import type { Grammar } from '../csv/grammar.ts';
import { RecordReader } from '../csv/record-reader.ts';
import { FixedReader } from './fixed-reader.ts';

/** The reader of a grammar's records, which keeps up to `capacity` fields of each. */
export const recordReaderOf = (grammar: Grammar, capacity: number): RecordReader =>
  grammar.layout ? new FixedReader(grammar, grammar.layout, capacity) : new RecordReader(grammar, capacity);
