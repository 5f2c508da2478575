import { open } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { ByteBudget } from '../reading/input/byte-budget.ts';
import { ZipArchive } from '../reading/input/zip/zip-archive.ts';
import { ReadError } from '../reading/read-error.ts';

export interface PageFile {
  readonly name: string;
  read(): Promise<Buffer>;
  /** What a list among the files says of it. */
  readonly listed: z.output<typeof listedPage> | undefined;
}

const listedPage = z.object({
  file: z.string(),
  url: z.url().max(2000).optional(),
  capturedAt: z.iso.datetime({ offset: true }).optional(),
  status: z.int().min(100).max(599).optional(),
  externalId: z.string().max(500).optional(),
});
/** Beside the pages, for what they do not say of themselves. */
export const listName = 'pages.json';
const litter = /(^|\/)(__MACOSX\/|\.|Thumbs\.db$|desktop\.ini$)/;

/**
 * The pages in a file: itself, or those of a zip, in the order of their names. Throws ReadError for an archive that is damaged,
 * or for a page that is larger than `maxBytes`.
 */
export async function* pageFiles(
  file: { readonly path: string; readonly name: string },
  maxBytes: number,
): AsyncGenerator<PageFile & { readonly total: number }> {
  if (!(await isZip(file.path))) {
    yield { name: path.basename(file.name), read: () => readWhole(file.path, maxBytes), listed: undefined, total: 1 };
    return;
  }
  await using archive = await ZipArchive.open(file.path);
  const names = [...archive.files.keys()].filter((name) => !litter.test(name)).sort();
  const readEntry = async (name: string) => {
    const entry = archive.files.get(name);
    if (!entry) throw new ReadError('corrupt', `There is no ${name} in the ZIP archive.`);
    return collect(archive.read(entry, new ByteBudget(maxBytes, entry.compressedSize)));
  };
  const listed = new Map<string, z.output<typeof listedPage>>();
  if (names.includes(listName)) {
    const parsed = z.array(listedPage).safeParse(parseJson(await readEntry(listName)));
    if (!parsed.success) throw new ReadError('corrupt', `${listName} is no list of {file, url, capturedAt}.`);
    for (const each of parsed.data) listed.set(each.file, each);
  }
  const pages = names.filter((name) => name !== listName);
  for (const name of pages) yield { name, read: () => readEntry(name), listed: listed.get(name), total: pages.length };
}

async function collect(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

async function isZip(file: string): Promise<boolean> {
  await using handle = await open(file);
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(4), 0, 4, 0);
  return bytesRead === 4 && buffer.toString('latin1') === 'PK\x03\x04';
}

async function readWhole(file: string, maxBytes: number): Promise<Buffer> {
  await using handle = await open(file);
  const { size } = await handle.stat();
  if (size > maxBytes) throw new ReadError('too_large', `The page has more than ${maxBytes} bytes.`);
  return handle.readFile();
}
