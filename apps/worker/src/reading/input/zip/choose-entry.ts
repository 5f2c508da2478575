import type { Entry } from 'yauzl';
import { ReadError } from '../../read-error.ts';
import { shorten } from '../../typing/bounded-text.ts';
import type { ZipArchive } from './zip-archive.ts';

/** What operating systems leave in archives. */
const litter = /(^|\/)(__MACOSX\/|\.[^/]*$|Thumbs\.db$|desktop\.ini$)/i;
const listed = 20;

/** Other formats that are ZIP archives inside, by a file that only they have. */
const documents: readonly (readonly [file: RegExp, what: string])[] = [
  [/^xl\/workbook\.bin$/, 'a binary Excel workbook (.xlsb)'],
  [/^word\/document\.xml$/, 'a Word document (.docx)'],
  [/^ppt\/presentation\.xml$/, 'a presentation (.pptx)'],
  [/^META-INF\/manifest\.xml$/, 'an OpenDocument file (.ods, .odt)'],
  [/^META-INF\/container\.xml$/, 'a book (.epub)'],
];

/**
 * The one file of an archive that is to be read: the one that is named, or the only one. Throws ReadError `choice_needed`, with
 * the names, if there are several and none was named, or there is no such one.
 */
export function chooseEntry({ files }: ZipArchive, named: string | undefined): Entry {
  if (named !== undefined) {
    const entry = files.get(named);
    if (entry) return entry;
    throw choiceNeeded(`The ZIP archive has no file ${JSON.stringify(shorten(named, 200))}`, [...files.keys()]);
  }
  for (const [file, what] of documents) {
    if ([...files.keys()].some((name) => file.test(name))) {
      throw new ReadError('unsupported', `This is ${what}, not a table. Save the table in it as .xlsx or CSV.`);
    }
  }
  const candidates = [...files.values()].filter((entry) => !litter.test(entry.fileName));
  const [only] = candidates;
  if (!only) throw new ReadError('not_a_table', 'The ZIP archive is empty: it holds no file.');
  if (candidates.length === 1) return only;
  const names = candidates.map(({ fileName }) => fileName);
  throw choiceNeeded(`The ZIP archive holds ${names.length} files, and one table is read at a time`, names);
}

function choiceNeeded(problem: string, names: readonly string[]): ReadError {
  const shown = names.slice(0, listed).map((name) => shorten(name, 200));
  const list = shown.map((name) => JSON.stringify(name)).join(', ');
  const more = names.length > shown.length ? ` and ${names.length - shown.length} more` : '';
  return new ReadError('choice_needed', `${problem}. Name one with the option entry: ${list}${more}.`, {
    entries: shown,
  });
}
