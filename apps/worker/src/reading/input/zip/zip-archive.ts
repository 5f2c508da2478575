import type { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { ReadError } from '../../read-error.ts';
import { shorten } from '../../typing/bounded-text.ts';
import type { ByteBudget } from '../byte-budget.ts';

/** Workbooks with a picture per row have thousands of entries; what has more is no file of a table. */
const maxEntries = 50_000;
const [stored, deflated] = [0, 8];
/** General purpose bits (APPNOTE.TXT 4.4.4): sizes and checksum follow the data, and stand as 0 in the local header. */
const sizesFollow = 8;

/**
 * A ZIP archive (APPNOTE.TXT 6.3.10, also zip64) on disk, of which only the list of its entries is in memory. Entries are told by
 * the central directory alone, and each must agree with its local header, so that no other reader finds something else.
 */
export class ZipArchive implements AsyncDisposable {
  /** Files by their whole name, in the order of the archive; directories are none. */
  readonly files: ReadonlyMap<string, Entry>;
  readonly #zip: ZipFile;

  private constructor(zip: ZipFile, files: ReadonlyMap<string, Entry>) {
    this.#zip = zip;
    this.files = files;
  }

  /** Throws ReadError `corrupt` if the archive is damaged, cut off, or names a file twice or outside of itself. */
  static async open(path: string): Promise<ZipArchive> {
    const zip = await openPromise(path, { autoClose: false }).catch((error: unknown) => {
      throw damaged(error);
    });
    try {
      if (zip.entryCount > maxEntries) {
        throw new ReadError('too_large', `The ZIP archive has ${zip.entryCount} entries; ${maxEntries} are allowed.`);
      }
      return new ZipArchive(zip, await listFiles(zip));
    } catch (error) {
      zip.close();
      throw error;
    }
  }

  /** The content of a file, unpacked piece by piece and checked against its size and checksum. Throws ReadError. */
  async *read(entry: Entry, budget: ByteBudget): AsyncGenerator<Buffer> {
    refuseUnreadable(entry);
    let sum = 0;
    let stream: Readable | undefined;
    try {
      await this.#checkLocalHeader(entry);
      stream = await this.#zip.openReadStreamPromise(entry);
      for await (const chunk of stream) {
        const bytes: Buffer = chunk;
        budget.spend(bytes.length);
        sum = crc32(bytes, sum);
        yield bytes;
      }
    } catch (error) {
      throw error instanceof ReadError ? error : damaged(error, entry);
    } finally {
      stream?.destroy();
    }
    if (sum !== entry.crc32) throw damaged(new Error('its checksum is wrong'), entry);
  }

  async #checkLocalHeader(entry: Entry): Promise<void> {
    const local = await this.#zip.readLocalFileHeaderPromise(entry);
    const sameSizes =
      (local.generalPurposeBitFlag & sizesFollow) !== 0 ||
      // zip64: the true sizes stand in the extra field
      local.compressedSize === 0xffffffff ||
      local.uncompressedSize === 0xffffffff ||
      (local.compressedSize === entry.compressedSize &&
        local.uncompressedSize === entry.uncompressedSize &&
        local.crc32 === entry.crc32);
    if (
      !local.fileName.equals(entry.fileNameRaw) ||
      local.compressionMethod !== entry.compressionMethod ||
      !sameSizes
    ) {
      throw new Error('its two headers disagree');
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#zip.close();
  }
}

async function listFiles(zip: ZipFile): Promise<Map<string, Entry>> {
  const files = new Map<string, Entry>();
  try {
    for await (const entry of zip.eachEntry()) {
      const name = entry.fileName;
      if (files.has(name)) throw new Error(`two files are called ${JSON.stringify(shorten(name, 100))}`);
      if (!name.endsWith('/')) files.set(name, entry);
    }
  } catch (error) {
    throw damaged(error);
  }
  return files;
}

function refuseUnreadable(entry: Entry): void {
  const name = JSON.stringify(shorten(entry.fileName, 100));
  if (entry.isEncrypted()) {
    throw new ReadError(
      'unsupported',
      `${name} in the ZIP archive has a password. Unpack it and upload what is in it.`,
    );
  }
  if (entry.compressionMethod !== stored && entry.compressionMethod !== deflated) {
    throw new ReadError(
      'unsupported',
      `${name} in the ZIP archive is packed by an unusual method (${entry.compressionMethod}). Pack it with deflate, gzip or zstd.`,
    );
  }
}

function damaged(error: unknown, entry?: Entry): ReadError {
  const reason = error instanceof Error ? shorten(error.message, 300) : String(error);
  const where = entry ? ` at ${JSON.stringify(shorten(entry.fileName, 100))}` : '';
  const isCut = /end of central directory record|unexpected EOF|unexpected end of file/i.test(reason);
  return new ReadError(
    'corrupt',
    isCut
      ? `The ZIP archive is cut off${where}: its end is missing. Upload it again.`
      : `The ZIP archive is damaged${where}: ${reason.replace(/\.$/, '')}.`,
    {},
    { cause: error },
  );
}
