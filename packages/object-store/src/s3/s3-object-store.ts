import { mkdtemp, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { ListedObject, ObjectKey, ObjectStore, StoredObject } from '@granary/domain';
import { isCode } from '../durable.ts';
import { noSuchObject } from '../no-such-object.ts';
import { isObjectKey, requireObjectKey, requirePublishedName } from '../object-path.ts';
import { checkDigest } from './check-digest.ts';
import { fetchFile } from './fetch-file.ts';
import { answered, fromStore, isAbsent } from './s3-errors.ts';
import { sendFile } from './send-file.ts';

export interface S3StoreOptions {
  readonly bucket: string;
  /** Before `<tenant>/<sha256>`; with a slash at its end, or empty. */
  readonly prefix: string;
  /** Where objects are while they are read as files. */
  readonly workDirectory: string;
}

/**
 * Originals as objects `<prefix><tenant>/<sha256>` of a bucket.
 *
 * @example
 * const settings = objectStoreEnvironment.parse({ GRANARY_STORE: 's3', GRANARY_S3_BUCKET: 'originals' });
 * const store = createS3ObjectStore(openS3Client(settings), { ...settings, workDirectory: '/var/tmp' });
 */
export function createS3ObjectStore(client: S3Client, options: S3StoreOptions): ObjectStore {
  const { bucket, prefix, workDirectory } = options;
  const addressOf = (key: ObjectKey) => {
    requireObjectKey(key);
    return { Bucket: bucket, Key: `${prefix}${key.tenantId}/${key.sha256}` };
  };

  const find = async (key: ObjectKey): Promise<StoredObject | null> => {
    try {
      const { ContentLength } = await client.send(new HeadObjectCommand(addressOf(key)));
      return { bytes: ContentLength ?? 0 };
    } catch (error) {
      if (isAbsent(error)) return null;
      throw fromStore(error);
    }
  };

  const get = async (key: ObjectKey, range?: string): Promise<Readable> => {
    try {
      const { Body } = await client.send(new GetObjectCommand({ ...addressOf(key), ...(range && { Range: range }) }));
      if (!(Body instanceof Readable)) throw new Error('the object store answered without a body');
      return Body;
    } catch (error) {
      throw isAbsent(error) ? noSuchObject(error) : fromStore(error);
    }
  };

  const remove = async (key: ObjectKey): Promise<void> => {
    await answered(client.send(new DeleteObjectCommand(addressOf(key))));
  };

  return {
    stat: find,
    delete: remove,

    async putFile(key, source) {
      const { Bucket, Key } = addressOf(key);
      const size = await sizeOf(source);
      const there = await find(key);
      // of another size it is what some other program left there
      if (!there || (size !== null && there.bytes !== size)) {
        if (size === null) throw new Error(`there is no file ${source} to be put`);
        await sendFile(client, { bucket: Bucket, key: Key, sha256: key.sha256, path: source, bytes: size });
        const arrived = await find(key);
        if (arrived?.bytes !== size) {
          await remove(key);
          throw new Error(
            `damaged: ${size} bytes were put as ${key.sha256}, and ${arrived?.bytes ?? 'none'} are there`,
          );
        }
      }
      await rm(source, { force: true });
    },

    async read(key, range) {
      if (range) return get(key, `bytes=${range.start}-${range.end}`);
      return Readable.from(checkDigest(await get(key), key.sha256), { objectMode: false });
    },

    async asFile(key) {
      const found = await find(key);
      if (!found) throw noSuchObject();
      // named after this process, by which sweepWorkDirectories tells whose it was
      const directory = await mkdtemp(path.join(workDirectory, `object-${process.pid}-`));
      const release = () => rm(directory, { recursive: true, force: true });
      const file = path.join(directory, key.sha256);
      try {
        await fetchFile(key, file, found.bytes, (start) => get(key, `bytes=${start}-`));
      } catch (error) {
        await release();
        throw fromStore(error);
      }
      return { path: file, release };
    },

    async *list(tenantId) {
      const pages = paginateListObjectsV2(
        { client },
        { Bucket: bucket, Prefix: `${prefix}${tenantId === undefined ? '' : `${tenantId}/`}` },
      );
      for await (const { Contents = [] } of unavailableWhenBroken(pages))
        for (const { Key = '', Size = 0, LastModified = new Date() } of Contents) {
          const listed = parseKey(prefix, Key);
          if (listed) yield { ...listed, bytes: Size, modifiedAt: LastModified } satisfies ListedObject;
        }
    },

    async publish(name, { path: source, sha256 }) {
      const address = { bucket, key: `${prefix}${requirePublishedName(name)}` };
      const bytes = await sizeOf(source);
      if (bytes === null) throw new Error(`there is no file ${source} to be published`);
      await sendFile(client, { ...address, sha256, path: source, bytes });
      await rm(source, { force: true });
    },

    async readPublished(name, range) {
      const Key = `${prefix}${requirePublishedName(name)}`;
      try {
        const {
          Body,
          ContentLength = 0,
          ContentRange,
        } = await client.send(
          new GetObjectCommand({ Bucket: bucket, Key, ...(range && { Range: `bytes=${range.start}-${range.end}` }) }),
        );
        if (!(Body instanceof Readable)) throw new Error('the object store answered without a body');
        // of a part, all of it is named behind the slash: bytes 0-9/100
        return { bytes: Number(/\/(\d+)$/.exec(ContentRange ?? '')?.[1] ?? ContentLength), content: Body };
      } catch (error) {
        throw isAbsent(error) ? noSuchObject(error) : fromStore(error);
      }
    },

    presign: (key, { contentDisposition, seconds }) =>
      getSignedUrl(
        client,
        new GetObjectCommand({
          ...addressOf(key),
          ResponseContentDisposition: contentDisposition,
          ResponseContentType: 'application/octet-stream',
          ResponseCacheControl: 'private, no-store',
        }),
        { expiresIn: seconds },
      ),
  };
}

async function sizeOf(file: string): Promise<number | null> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if (isCode(error, 'ENOENT')) return null;
    throw error;
  }
}

function parseKey(prefix: string, name: string): ObjectKey | null {
  const [tenantId = '', sha256 = '', ...more] = name.slice(prefix.length).split('/');
  const key = { tenantId, sha256 };
  return more.length === 0 && isObjectKey(key) ? key : null;
}

async function* unavailableWhenBroken<T>(pages: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* pages;
  } catch (error) {
    throw fromStore(error);
  }
}
