import { classifyJson } from '../json/json-values.ts';
import { ReadError } from '../read-error.ts';
import { chooseType } from '../typing/choose-type.ts';
import { ColumnTally } from '../typing/column-tally.ts';
import { JsonLine, readJsonLines } from './json-lines.ts';
import type { JsonKey, StreamRequest } from './stream-protocol.ts';
import type { StreamWindow } from './stream-window.ts';

/** The keys of all objects of a JSON Lines file, in the order in which they come, with what JSON says of their types. */
export async function findKeys(window: StreamWindow, limits: StreamRequest['limits']): Promise<JsonKey[]> {
  const row = new JsonLine();
  const { object, columns } = row;
  const tally = new ColumnTally(0);
  let rows = 0;
  await readJsonLines(window, {
    maxRecordBytes: limits.recordBytes,
    flush: async () => {},
    onLine(buffer, start, end, { line }) {
      if (row.reasonAgainst(buffer, start, end) !== null) return;
      rows++;
      if (columns.names.length > limits.columns) {
        throw new ReadError(
          'too_large',
          `The objects have more than the ${limits.columns} different keys that are allowed.`,
        );
      }
      if (columns.names.length > tally.columns) tally.grow(columns.names.length);
      for (let member = 0; member < object.members; member++) {
        const [from, to] = [object.valueStarts[member]!, object.valueEnds[member]!];
        const kind = classifyJson(buffer, from, to, object.troubles[member]!);
        tally.add(columns.columnOf[member]!, kind, buffer, from, to, line);
      }
    },
  });
  if (columns.names.length === 0) {
    throw new ReadError(
      'not_a_table',
      'No line of this JSON Lines file is an object with a key, so there are no columns.',
    );
  }
  tally.fillNulls(rows);
  return columns.names.map((name, index) => {
    const { type } = chooseType(tally, index, 'json');
    return { name, type: type === 'text' || type === 'jsonb' ? type : null };
  });
}
