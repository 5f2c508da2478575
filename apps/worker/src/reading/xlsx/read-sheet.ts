import { ReadError } from '../read-error.ts';
import { type CellMeaning, cellText } from './cell-text.ts';
import type { Attributes, XmlHandlers } from './parse-xml.ts';
import { SheetReport } from './sheet-report.ts';
import type { SheetRows } from './sheet-rows.ts';

/** ECMA-376 leaves it open; these are Excel's, and nobody's workbook has more. */
const maxRows = 1_048_576;
const maxColumns = 16_384;

/** Column of a reference, from 0: `C5` is 2; -1 if it is none. */
export function columnOf(reference: string): number {
  let column = 0;
  for (let index = 0; index < reference.length; index++) {
    const letter = reference.charCodeAt(index) - 64;
    if (letter < 1 || letter > 26) break;
    column = column * 26 + letter;
    if (column > maxColumns) return -1;
  }
  return column - 1;
}

const damaged = (what: string) => new ReadError('corrupt', `The Excel workbook is damaged: ${what}.`);

/** Takes the rows out of a sheet's XML (ECMA-376 part 1, 18.3.1), one in memory at a time. */
export class SheetReader implements XmlHandlers {
  readonly report = new SheetReport();
  readonly #rows: SheetRows;
  readonly #meaning: CellMeaning;
  readonly #maxRowLength: number;
  /** Number of the row, from 1, and column of the cell, from 0, that are being read. */
  #row = 0;
  #column = -1;
  #columns: number[] = [];
  #texts: string[] = [];
  #rowLength = 0;
  #reference = '';
  #type = '';
  #style = 0;
  #value: string | null = null;
  #inline: string | null = null;
  #hasFormula = false;
  #inCell = false;
  #phonetic = 0;
  #reading: 'value' | 'inline' | null = null;

  constructor(rows: SheetRows, meaning: CellMeaning, maxRowLength: number) {
    this.#rows = rows;
    this.#meaning = meaning;
    this.#maxRowLength = maxRowLength;
  }

  open(name: string, attributes: Attributes): void {
    switch (name) {
      case 'row':
        this.#openRow(attributes.r);
        return;
      case 'c':
        this.#openCell(attributes);
        return;
      case 'v':
        if (!this.#inCell) return;
        this.#value = '';
        this.#reading = 'value';
        return;
      case 'rPh':
        this.#phonetic++;
        return;
      case 't':
        if (!this.#inCell || this.#phonetic > 0) return;
        this.#inline ??= '';
        this.#reading = 'inline';
        return;
      case 'f':
        this.#hasFormula = true;
        return;
      case 'mergeCell':
        this.report.merged.add(attributes.ref ?? '');
    }
  }

  text(piece: string): void {
    if (this.#reading === null) return;
    this.#rowLength += piece.length;
    if (this.#rowLength > this.#maxRowLength) {
      throw new ReadError(
        'too_large',
        `Row ${this.#row} of the sheet is longer than the ${this.#maxRowLength} bytes that a row may have.`,
      );
    }
    if (this.#reading === 'value') this.#value += piece;
    else this.#inline += piece;
  }

  close(name: string): void {
    if (name === 'v' || name === 't') this.#reading = null;
    else if (name === 'rPh') this.#phonetic--;
    else if (name === 'c') this.#closeCell();
    else if (name === 'row') this.#rows.add(this.#columns, this.#texts);
  }

  #openRow(number: string | undefined): void {
    const row = number === undefined ? this.#row + 1 : Number(number);
    if (!Number.isInteger(row) || row <= this.#row || row > maxRows)
      throw damaged(`row ${number} stands in the wrong place`);
    // rows that hold nothing are left out of a sheet; here they are lines, so that lines are Excel's rows
    for (this.#row++; this.#row < row; this.#row++) this.#rows.add([], []);
    this.#column = -1;
    this.#columns = [];
    this.#texts = [];
    this.#rowLength = 0;
  }

  #openCell(attributes: Attributes): void {
    const column = attributes.r === undefined ? this.#column + 1 : columnOf(attributes.r);
    if (column <= this.#column || column >= maxColumns) {
      throw damaged(`cell ${(attributes.r ?? '').slice(0, 20)} of row ${this.#row} stands in the wrong place`);
    }
    this.#column = column;
    this.#reference = attributes.r ?? `row ${this.#row}`;
    this.#type = attributes.t ?? '';
    this.#style = Number(attributes.s ?? 0);
    this.#value = null;
    this.#inline = null;
    this.#hasFormula = false;
    this.#inCell = true;
  }

  #closeCell(): void {
    this.#inCell = false;
    const cell = {
      reference: this.#reference,
      type: this.#type,
      style: this.#style,
      value: this.#value,
      inline: this.#inline,
    };
    const text = cellText(cell, this.#meaning);
    if (text === null) {
      if (this.#hasFormula) this.report.notCalculated.add(this.#reference);
      return;
    }
    if (this.#type === 'e') this.report.errors.add(this.#reference, text);
    this.#columns.push(this.#column);
    this.#texts.push(text);
  }
}
