import path from 'node:path';
import type { ByteBudget } from '../input/byte-budget.ts';
import type { ZipArchive } from '../input/zip/zip-archive.ts';
import { ReadError } from '../read-error.ts';
import { shorten } from '../typing/bounded-text.ts';
import { attribute, parseXml, type XmlHandlers } from './parse-xml.ts';

export interface Relationship {
  readonly type: string;
  /** Name of the part in the archive. */
  readonly part: string;
}

/** Of lists of sheets, styles and relationships. */
const maxSmallBytes = 32 << 20;

/** The parts of a workbook's package (ECMA-376 part 2), which find each other by relationships and not by their names. */
export class WorkbookParts {
  readonly #archive: ZipArchive;
  readonly #budget: ByteBudget;

  constructor(archive: ZipArchive, budget: ByteBudget) {
    this.#archive = archive;
    this.#budget = budget;
  }

  /** Parses a part; false if there is none of this name. */
  async parse(part: string, handlers: XmlHandlers, onBytes?: (bytes: number) => void): Promise<boolean> {
    const entry = this.#archive.files.get(part);
    if (!entry) return false;
    const content = this.#archive.read(entry, this.#budget);
    await parseXml(JSON.stringify(shorten(part, 100)), onBytes ? counted(content, onBytes) : content, handlers);
    return true;
  }

  /** Parses a part that says how the workbook is made, and is kept in memory as a whole. Throws ReadError `too_large`. */
  parseSmall(part: string, handlers: XmlHandlers): Promise<boolean> {
    return this.parse(part, handlers, (bytes) => {
      if (bytes <= maxSmallBytes) return;
      const name = JSON.stringify(shorten(part, 100));
      throw new ReadError('too_large', `The part ${name} of the Excel workbook is larger than ${maxSmallBytes} bytes.`);
    });
  }

  /** Unpacked, by the archive's own word: for progress alone. */
  sizeOf(part: string): number {
    return this.#archive.files.get(part)?.uncompressedSize ?? 0;
  }

  /** By id; the targets of a part, or of the package itself if it is ''. */
  async relationshipsOf(part: string): Promise<Map<string, Relationship>> {
    const folder = path.posix.dirname(part);
    const relationships = new Map<string, Relationship>();
    await this.parseSmall(path.posix.join(folder, '_rels', `${path.posix.basename(part)}.rels`), {
      open: (name, attributes) => {
        const target = attributes.Target;
        if (name !== 'Relationship' || target === undefined || attributes.TargetMode === 'External') return;
        relationships.set(attributes.Id ?? '', {
          // transitional and strict workbooks differ in all but the end
          type: path.posix.basename(attributes.Type ?? ''),
          part: target.startsWith('/') ? target.slice(1) : path.posix.join(folder, target),
        });
      },
    });
    return relationships;
  }
}

async function* counted(content: AsyncIterable<Buffer>, onBytes: (bytes: number) => void): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of content) {
    yield chunk;
    bytes += chunk.length;
    onBytes(bytes);
  }
}

export interface SheetEntry {
  readonly name: string;
  readonly part: string;
  readonly hidden: boolean;
}

export interface Workbook {
  /** Worksheets in the order of their tabs; charts are none. */
  readonly sheets: readonly SheetEntry[];
  /** Days count from 1904-01-01 instead of 1900. */
  readonly date1904: boolean;
  readonly sharedStrings: string | null;
  readonly styles: string | null;
}

const isTrue = (text: string | undefined) => text === '1' || text === 'true';

/** What a workbook consists of. Throws ReadError `corrupt` if it has no workbook part. */
export async function readWorkbook(parts: WorkbookParts): Promise<Workbook> {
  const roots = [...(await parts.relationshipsOf('')).values()];
  const root = roots.find(({ type }) => type === 'officeDocument')?.part ?? 'xl/workbook.xml';
  const relationships = await parts.relationshipsOf(root);
  const partOf = (type: string) => [...relationships.values()].find((each) => each.type === type)?.part ?? null;
  const sheets: SheetEntry[] = [];
  let date1904 = false;
  const found = await parts.parseSmall(root, {
    open: (name, attributes) => {
      if (name === 'workbookPr') date1904 = isTrue(attributes.date1904);
      if (name !== 'sheet') return;
      const target = relationships.get(attribute(attributes, 'id') ?? '');
      if (target?.type !== 'worksheet') return;
      const hidden = attributes.state === 'hidden' || attributes.state === 'veryHidden';
      sheets.push({ name: attributes.name ?? '', part: target.part, hidden });
    },
  });
  if (!found) throw new ReadError('corrupt', 'The Excel workbook is damaged: its list of sheets is missing.');
  return { sheets, date1904, sharedStrings: partOf('sharedStrings'), styles: partOf('styles') };
}
