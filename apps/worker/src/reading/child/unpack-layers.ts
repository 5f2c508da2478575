import { rmSync } from 'node:fs';
import path from 'node:path';
import { ByteBudget } from '../input/byte-budget.ts';
import { containerOf } from '../input/file-kind.ts';
import { headOf } from '../input/head-of.ts';
import { unpack } from '../input/unpack.ts';
import { chooseEntry } from '../input/zip/choose-entry.ts';
import { unpackEntry } from '../input/zip/unpack-entry.ts';
import { ZipArchive } from '../input/zip/zip-archive.ts';
import type { Inspection } from '../inspection.ts';
import type { InspectRequest } from '../protocol.ts';
import { ReadError } from '../read-error.ts';
import type { ReadingContext } from '../reading-plan.ts';
import { isWorkbook } from '../xlsx/is-workbook.ts';

/** A file without its packing. */
export interface UnpackedFile {
  readonly path: string;
  /** Of the table itself: that of an archive's entry, where it came from one. */
  readonly fileName: string;
  /** The outermost packing. */
  readonly container: Inspection['container'];
  /** It is an Excel workbook: a ZIP archive too, but one that is read as it is. */
  readonly isWorkbook: boolean;
  readonly notes: readonly string[];
}

/** A gzipped table in a ZIP archive that was gzipped for the mail is as far as people go. */
const maxLayers = 3;

/** Takes gzip, zstd and ZIP off a file, also one in another. Throws ReadError. */
export async function unpackLayers(request: InspectRequest, context: ReadingContext): Promise<UnpackedFile> {
  let file: UnpackedFile = {
    path: request.path,
    fileName: request.fileName,
    container: null,
    isWorkbook: false,
    notes: [],
  };
  for (let layer = 1; ; layer++) {
    const kind = containerOf(headOf(file.path));
    if (!kind) break;
    if (layer > maxLayers) {
      throw new ReadError('unsupported', `The file is packed more than ${maxLayers} times over. Upload what is in it.`);
    }
    const before = file;
    const target = path.join(context.workDirectory, `unpacked-${layer}`);
    file =
      kind === 'zip'
        ? await unpackZip(before, target, request, context)
        : await unpackStream(before, kind, target, context);
    if (file.isWorkbook) break;
    if (before.path !== request.path) rmSync(before.path);
    if (headOf(file.path).length === 0) {
      throw new ReadError('not_a_table', `The file is empty: the ${kind} file holds nothing.`);
    }
  }
  if (request.overrides.entry !== undefined && file.container !== 'zip') {
    throw new ReadError(
      'bad_options',
      'The option entry does not apply: the file is no ZIP archive that one could be taken from.',
    );
  }
  return file;
}

async function unpackStream(
  file: UnpackedFile,
  container: 'gzip' | 'zstd',
  target: string,
  { limits, progress }: ReadingContext,
): Promise<UnpackedFile> {
  const onProgress = (bytes: number, total: number) => progress('decoding', bytes, total);
  await unpack({ path: file.path, container, target, maxBytes: limits.decodedBytes, onProgress });
  return {
    ...file,
    path: target,
    container: file.container ?? container,
    notes: [...file.notes, ...inside(file, container)],
  };
}

async function unpackZip(
  file: UnpackedFile,
  target: string,
  request: InspectRequest,
  { limits, progress }: ReadingContext,
): Promise<UnpackedFile> {
  await using archive = await ZipArchive.open(file.path);
  if (isWorkbook(archive)) return { ...file, isWorkbook: true };
  // the name is the outermost archive's
  const entry = chooseEntry(archive, file.container === null ? request.overrides.entry : undefined);
  await unpackEntry(archive, entry, {
    target,
    budget: new ByteBudget(limits.decodedBytes, entry.compressedSize),
    onProgress: (bytes, total) => progress('decoding', bytes, total),
  });
  return {
    ...file,
    path: target,
    fileName: entry.fileName,
    container: file.container ?? 'zip',
    notes: [
      ...file.notes,
      ...inside(file, 'zip'),
      `The table is ${JSON.stringify(entry.fileName)} in the ZIP archive.`,
    ],
  };
}

const inside = ({ container }: UnpackedFile, packing: string) =>
  container === null ? [] : [`Inside of the ${container} file the table is packed again, with ${packing}.`];
