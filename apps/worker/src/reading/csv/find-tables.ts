import { Buffer } from 'node:buffer';
import { readSync } from 'node:fs';
import type { ReadingContext, TextFile } from '../reading-plan.ts';
import { type Block, findBlocks, type Stretch } from './find-blocks.ts';
import { byte, type Grammar } from './grammar.ts';
import { readLeadingRows } from './leading-rows.ts';
import { isOtherTable, shapeOf, type TableShape, type TableSigns } from './table-shape.ts';

/** A table among several in a file, with what stands above and below it up to its neighbours. */
export interface TableSection {
  readonly blocks: readonly Block[];
  readonly offset: number;
  readonly end: number;
  readonly firstLine: number;
  readonly lastLine: number;
  readonly records: number;
}

const headBytes = 1 << 20;
const headRows = 60;

/** The tables of a text, if it holds several: told by a blank line and what follows it. Otherwise empty. */
export async function findTables(
  text: TextFile,
  stretch: Stretch,
  grammar: Grammar,
  signs: TableSigns,
  { limits }: ReadingContext,
): Promise<readonly TableSection[]> {
  const blocks = await findBlocks(text, stretch, grammar, limits.recordBytes);
  if (!blocks || blocks.length < 2) return [];
  const tables: { shape: TableShape; blocks: Block[] }[] = [];
  const above: Block[] = [];
  for (const block of blocks) {
    const shape = shapeOf(rowsOf(block, text, grammar, limits.columns), signs);
    const current = tables.at(-1);
    if (shape && (!current || isOtherTable(shape, current.shape, signs))) {
      tables.push({ shape, blocks: current ? [block] : [...above, block] });
    } else (current?.blocks ?? above).push(block);
  }
  return tables.length < 2 ? [] : tables.map((table) => sectionOf(table.blocks));
}

function sectionOf(blocks: readonly Block[]): TableSection {
  const [first] = blocks;
  const last = blocks.at(-1);
  if (!first || !last) throw new Error('a table has a block');
  return {
    blocks,
    offset: first.offset,
    end: last.end,
    firstLine: first.line,
    lastLine: last.lastLine,
    records: blocks.reduce((sum, { records }) => sum + records, 0),
  };
}

function rowsOf({ offset, end, line }: Block, { file }: TextFile, grammar: Grammar, maxColumns: number) {
  const length = Math.min(end - offset, headBytes);
  const buffer = Buffer.alloc(length + 1, byte.lineFeed);
  const limit = readSync(file, buffer, 0, length, offset);
  buffer[limit] = byte.lineFeed;
  const sample = { buffer, limit, atEnd: length === end - offset };
  return readLeadingRows(sample, grammar, maxColumns, 0, line).slice(0, headRows);
}
