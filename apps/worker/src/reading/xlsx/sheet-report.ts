import { shorten } from '../typing/bounded-text.ts';

const keptKinds = 7;

/** How often something was met in a sheet, and where first. */
class Sightings {
  count = 0;
  first = '';
  readonly kinds = new Set<string>();

  add(where: string, kind?: string): void {
    if (this.count++ === 0) this.first = shorten(where, 40);
    if (kind !== undefined && this.kinds.size < keptKinds) this.kinds.add(shorten(kind, 20));
  }
}

const plural = (count: number, one: string, many: string) => `${count} ${count === 1 ? one : many}`;

/** What of a sheet a table cannot show. */
export class SheetReport {
  readonly errors = new Sightings();
  readonly notCalculated = new Sightings();
  readonly merged = new Sightings();

  notes(): string[] {
    const { errors, notCalculated, merged } = this;
    const notes: string[] = [];
    if (errors.count > 0) {
      notes.push(
        `${plural(errors.count, 'cell holds', 'cells hold')} an error of Excel (${[...errors.kinds].join(', ')}), the first is ${errors.first}: kept as text.`,
      );
    }
    if (notCalculated.count > 0) {
      notes.push(
        `${plural(notCalculated.count, 'cell holds', 'cells hold')} a formula that was never calculated, the first is ${notCalculated.first}: left empty. Opening and saving the file in Excel calculates them.`,
      );
    }
    if (merged.count > 0) {
      notes.push(
        `${plural(merged.count, 'range of cells is', 'ranges of cells are')} merged, the first is ${merged.first}: the value stands in the first cell, the others are empty.`,
      );
    }
    return notes;
  }
}
