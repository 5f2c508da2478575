import { createHash, type Hash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { open, readdir, readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileCipher } from '@granary/domain';
import { DataStore, ERRORS, Upload } from '@tus/server';

/** What our table knows of an upload; tus needs no record of its own. */
export interface OpenUpload {
  readonly id: string;
  readonly fileName: string;
  readonly bytes: number;
  readonly createdAt: string;
  /** The bytes are to be encrypted as they come. */
  readonly sealed: boolean;
}

export interface CurrentUpload {
  readonly upload: OpenUpload;
  /** What a sealed upload is encrypted by; null: its bytes stay as they are. */
  readonly fileKey: Uint8Array | null;
}

interface RunningDigest {
  readonly hash: Hash;
  offset: number;
}

const mostDigests = 1000;

/**
 * Where the bytes of open uploads arrive: one file each, whose length is the offset, and beside it the digest once all
 * are there. A sealed upload is encrypted before anything is written: the file, its length and its digest are those of
 * the encrypted bytes. SHA-256 is computed while they stream; what was received by another process is read once more. Not tus' own
 * FileStore: that keeps a record beside ours, and of a full disk it says only that something went wrong.
 */
export class LandingStore extends DataStore {
  readonly #directory: string;
  readonly #current: () => CurrentUpload | undefined;
  readonly #digests = new Map<string, RunningDigest>();
  readonly #writing = new Set<Promise<unknown>>();

  /**
   * @param directory which exists already
   * @param current the upload that the request at hand is about, its caller's own
   */
  constructor(directory: string, current: () => CurrentUpload | undefined) {
    super();
    this.#directory = directory;
    this.#current = current;
    this.extensions = ['creation', 'creation-with-upload', 'termination'];
  }

  pathOf(id: string): string {
    return path.join(this.#directory, id);
  }

  /** How many bytes have arrived; null when there is no file. */
  async landedBytes(id: string): Promise<number | null> {
    const found = await stat(this.pathOf(id)).catch(nullWhenAbsent);
    return found?.size ?? null;
  }

  async touch(id: string): Promise<void> {
    await (await open(this.pathOf(id), 'a', 0o600)).close();
  }

  override async create(upload: Upload): Promise<Upload> {
    await this.touch(upload.id);
    return upload;
  }

  override async getUpload(id: string): Promise<Upload> {
    const upload = this.#current()?.upload;
    if (upload?.id !== id) throw ERRORS.FILE_NOT_FOUND;
    await this.touch(id); // an upload may have been begun by the action alone
    const { bytes: size, fileName, createdAt } = upload;
    const offset = (await this.landedBytes(id)) ?? 0;
    return new Upload({ id, size, offset, metadata: { filename: fileName }, creation_date: createdAt });
  }

  override async write(bytes: Parameters<DataStore['write']>[0], id: string, offset: number): Promise<number> {
    const current = this.#current();
    if (current?.upload.id !== id) throw ERRORS.FILE_NOT_FOUND;
    if (current.upload.sealed !== (current.fileKey !== null)) throw new Error('a sealed upload came without its key');
    const cipher = current.fileKey && fileCipher(current.fileKey, offset);
    const digest = this.#digestAt(id, offset);
    // hashed before they are written: if writing fails, the offsets differ and the next digest is read from the file
    async function* hashed() {
      for await (const received of bytes) {
        const chunk: Buffer = cipher ? cipher.update(received) : received;
        digest.hash.update(chunk);
        digest.offset += chunk.length;
        yield chunk;
      }
    }
    const file = createWriteStream(this.pathOf(id), { flags: 'r+', start: offset });
    const writing = pipeline(hashed, file);
    this.#writing.add(writing);
    try {
      await writing;
      return offset + file.bytesWritten;
    } finally {
      this.#writing.delete(writing);
    }
  }

  /** Resolves when everything that was received so far is written. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.#writing);
  }

  override async remove(id: string): Promise<void> {
    this.#digests.delete(id);
    await rm(this.pathOf(id), { force: true });
    await rm(this.#digestFile(id), { force: true });
  }

  /** Lower-case hex SHA-256 of the first `bytes` bytes of an upload, which are all there. */
  async digest(id: string, bytes: number): Promise<string> {
    const running = this.#digests.get(id);
    if (running?.offset === bytes) return running.hash.copy().digest('hex');
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(this.pathOf(id), { highWaterMark: 1024 ** 2 })) hash.update(chunk);
    return hash.digest('hex');
  }

  /** Notes the digest beside the file, durably: when the file has gone into the store, this is how it is found there. */
  async noteDigest(id: string, sha256: string): Promise<void> {
    const file = await open(this.#digestFile(id), 'w', 0o600);
    try {
      await file.writeFile(sha256);
      await file.sync();
    } finally {
      await file.close();
    }
  }

  async notedDigest(id: string): Promise<string | null> {
    const text = await readFile(this.#digestFile(id), 'utf8').catch(nullWhenAbsent);
    return text !== null && /^[0-9a-f]{64}$/.test(text) ? text : null;
  }

  /** Removes what nothing was added to for so long that its upload cannot be open any more. */
  async removeOlderThan(milliseconds: number): Promise<void> {
    for (const name of await readdir(this.#directory)) {
      const found = await stat(path.join(this.#directory, name)).catch(nullWhenAbsent);
      if (found && Date.now() - found.mtimeMs > milliseconds)
        await rm(path.join(this.#directory, name), { force: true });
    }
  }

  #digestAt(id: string, offset: number): RunningDigest {
    const known = this.#digests.get(id);
    const digest =
      known?.offset === offset ? known : { hash: createHash('sha256'), offset: offset === 0 ? 0 : Number.NaN };
    this.#digests.delete(id);
    this.#digests.set(id, digest);
    const [oldest] = this.#digests.keys();
    if (this.#digests.size > mostDigests && oldest !== undefined) this.#digests.delete(oldest);
    return digest;
  }

  #digestFile(id: string): string {
    return `${this.pathOf(id)}.sha256`;
  }
}

function nullWhenAbsent(error: unknown): null {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
  throw error;
}
