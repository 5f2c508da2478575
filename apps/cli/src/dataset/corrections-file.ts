import { z } from 'zod';
import { CommandFailure } from '../output/failure.ts';
import { parseCsv } from '../samples/parse-csv.ts';

/** A row of an exported quarantine, as it came back from whoever edited it. */
export interface EditedRow {
  readonly number: number;
  readonly version: number | null;
  readonly revision: number | null;
  /** null: the file has no such column. */
  readonly raw: string | null;
  readonly correction: string | null;
}

const wholeNumber = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const optionalNumber = z.preprocess(
  (value) => (value === '' || value === undefined ? null : value),
  wholeNumber.nullable(),
);
const editedRow = z.object({
  number: wholeNumber.min(1),
  version: optionalNumber,
  revision: optionalNumber,
  raw: z.string().nullable().default(null),
  correction: z.string().nullable().optional(),
});

/**
 * The rows of a file that `--output` wrote and somebody edited: JSON Lines, or CSV with any delimiter that a spreadsheet
 * saves with. Throws CommandFailure with the line that is wrong.
 */
export function readEditedRows(text: string, fileName: string): EditedRow[] {
  const content = text.replace(/^\ufeff/, '');
  return content.trimStart().startsWith('{') ? readJsonLines(content, fileName) : readCsv(content, fileName);
}

function readJsonLines(content: string, fileName: string): EditedRow[] {
  return content.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return [];
    const where = `${fileName}, line ${index + 1}`;
    try {
      return [toRow(JSON.parse(line), where)];
    } catch (error) {
      throw error instanceof SyntaxError ? new CommandFailure(`${where} is no JSON`) : error;
    }
  });
}

function readCsv(content: string, fileName: string): EditedRow[] {
  const [head = ''] = content.split(/\r?\n/, 1);
  const delimiter = [',', ';', '\t', '|'].find((each) => parseCsv(head, each)[0]?.includes('number')) ?? ',';
  const [names = [], ...records] = parseCsv(content, delimiter);
  if (!names.includes('number')) throw new CommandFailure(`${fileName} has no column called number in its first line`);
  return records.map((record, index) =>
    toRow(
      Object.fromEntries(names.map((name, at) => [name, record[at] ?? ''])),
      `${fileName}, row ${index + 1} below the first line`,
    ),
  );
}

function toRow(value: unknown, where: string): EditedRow {
  const parsed = editedRow.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new CommandFailure(`${where}: ${issue?.path.join('.') || 'it'} does not fit (${issue?.message})`);
  }
  const { correction, ...row } = parsed.data;
  return { ...row, correction: correction === undefined ? null : (correction ?? '') };
}
