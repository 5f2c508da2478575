import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import type { ObjectStore } from '@granary/domain';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { openObjectStore } from '../open-object-store.ts';
import { objectStoreEnvironment } from '../settings.ts';
import { exists, landFile } from '../testing/landed-file.ts';
import { startS3Server } from '../testing/s3-server.ts';

const home = await mkdtemp(path.join(tmpdir(), 'granary-s3-test-'));
const server = await startS3Server();
const folders = { dataDirectory: home, workDirectory: home };
const open = (more: Record<string, string> = {}): Promise<ObjectStore> =>
  openObjectStore(objectStoreEnvironment.parse({ ...server.environment, ...more }), folders);
const tenantId = randomUUID();
const land = (bytes?: Buffer) => landFile(home, tenantId, bytes);

/** What s3rver cannot do: AbortMultipartUpload. */
function abortUpload({ method, url = '' }: IncomingMessage, response: ServerResponse): boolean {
  const id = /[?&]uploadId=(\w+)/.exec(url)?.[1];
  if (method !== 'DELETE' || id === undefined) return false;
  rmSync(path.join(server.directory, 'originals', '._S3rver_uploads', id), { recursive: true });
  response.writeHead(204).end();
  return true;
}

type Trouble = (request: IncomingMessage, response: ServerResponse) => boolean;
let trouble: Trouble | undefined;
/** Stands before the store and makes what trouble a test asks for; signatures hold, because the Host header goes through. */
const proxy = createServer((request, response) => {
  if (trouble?.(request, response) || abortUpload(request, response)) return;
  const { method, url: target, headers } = request;
  const onward = httpRequest({ port: server.port, method, path: target, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 500, answer.headers);
    answer.pipe(response);
  });
  onward.on('error', () => response.destroy());
  request.pipe(onward);
}).listen(0, '127.0.0.1');
await once(proxy, 'listening');
const address = proxy.address();
const proxied = await open({
  GRANARY_S3_ENDPOINT: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
});

afterEach(() => {
  trouble = undefined;
});
afterAll(async () => {
  proxy.close();
  proxy.closeAllConnections();
  await server.close();
  await rm(home, { recursive: true });
});

const objectFiles = () => readdir(path.join(server.directory, 'originals'), { recursive: true });
const parts = async () => (await objectFiles()).filter((name) => /^._S3rver_uploads\/./.test(name));

describe('what is put', () => {
  test('in parts that fail leaves no half object, no part, and its source', async () => {
    const { file, key } = await land(randomBytes(20 * 1024 ** 2));
    let refused = 0;
    trouble = (request, response) => {
      if (!request.url?.includes('partNumber=2')) return false;
      refused += 1;
      response.writeHead(403).end();
      return true;
    };
    await expect(proxied.putFile(key, file)).rejects.toThrow();
    expect(refused).toBe(1);
    expect(await parts()).toEqual([]);
    expect(await proxied.stat(key)).toBeNull();
    expect(await exists(file)).toBe(true);
    trouble = undefined;
    await proxied.putFile(key, file);
    expect(await proxied.stat(key)).toEqual({ bytes: 20 * 1024 ** 2 });
  });

  test('arrives although the store fails now and then', async () => {
    const { file, bytes, key } = await land(randomBytes(9 * 1024 ** 2));
    let failures = 0;
    trouble = (request, response) => {
      if (request.method !== 'PUT' || failures === 2) return false;
      failures += 1;
      if (failures === 1) response.writeHead(503).end();
      else request.socket.destroy();
      return true;
    };
    await proxied.putFile(key, file);
    expect(failures).toBe(2);
    expect(Buffer.compare(await buffer(await proxied.read(key)), bytes)).toBe(0);
  });

  test.each([1000, 20 * 1024 ** 2])('under a digest that is not its own is refused (%i bytes)', async (size) => {
    const { file } = await land(randomBytes(size));
    const key = { tenantId, sha256: 'ab'.repeat(32) };
    await expect(proxied.putFile(key, file)).rejects.toThrow('damaged');
    expect(await parts()).toEqual([]);
    expect(await proxied.stat(key)).toBeNull();
    expect(await exists(file)).toBe(true);
  });

  test('carries a digest that the store can verify', async () => {
    const { file, key } = await land();
    const sent: unknown[] = [];
    trouble = ({ method, headers }) => {
      if (method === 'PUT') sent.push(headers['content-md5']);
      return false;
    };
    await proxied.putFile(key, file);
    expect(sent).toEqual([expect.stringMatching(/^[\w+/]{22}==$/)]);
  });

  test('takes the place of something shorter that has its name', async () => {
    const { file, bytes, key } = await land();
    await proxied.putFile(key, (await land(bytes)).file);
    await writeFile(await storedFile(key.sha256), 'half');
    await proxied.putFile(key, file);
    expect(await buffer(await proxied.read(key))).toEqual(bytes);
  });
});

async function storedFile(sha256: string): Promise<string> {
  const names = await objectFiles();
  const name = names.find((each) => each.includes(sha256) && /object$/.test(each));
  return path.join(server.directory, 'originals', name ?? 'not there');
}

describe('what is read', () => {
  test('whole and does not have its digest ends with an error, not as if it were all', async () => {
    const { file, bytes, key } = await land();
    await proxied.putFile(key, file);
    await writeFile(
      await storedFile(key.sha256),
      bytes.map((byte) => byte ^ 1),
    );
    await expect(buffer(await proxied.read(key))).rejects.toThrow('damaged');
    await expect(proxied.asFile(key)).rejects.toThrow('damaged');
    expect((await readdir(home)).filter((name) => name.startsWith('object-'))).toEqual([]);
  });

  test('as a file lies in a folder named after this process, and is gone when it is given back', async () => {
    const { file, key } = await land();
    await proxied.putFile(key, file);
    const lent = await proxied.asFile(key);
    expect(path.relative(home, lent.path)).toMatch(new RegExp(`^object-${process.pid}-\\w+/${key.sha256}$`));
    await lent.release();
    expect(await exists(path.dirname(lent.path))).toBe(false);
  });

  test('as a file goes on where the connection broke', async () => {
    const { file, bytes, key } = await land(randomBytes(3_000_000));
    await proxied.putFile(key, file);
    const ranges: unknown[] = [];
    trouble = (request, response) => {
      if (request.method !== 'GET') return false;
      ranges.push(request.headers.range);
      if (ranges.length > 1) return false;
      response.writeHead(206, { 'content-length': bytes.length });
      response.write(bytes.subarray(0, 1_000_000), () => response.destroy());
      return true;
    };
    const lent = await proxied.asFile(key);
    expect(ranges).toEqual(['bytes=0-', expect.stringMatching(/^bytes=[1-9]\d*-$/)]);
    expect(Buffer.compare(await readFile(lent.path), bytes)).toBe(0);
    await lent.release();
  });
});

test('a store that is down is unavailable, for every call', async () => {
  const { file, key } = await land();
  trouble = (request) => {
    request.socket.destroy();
    return true;
  };
  const unavailable = { kind: 'unavailable' };
  await expect(proxied.stat(key)).rejects.toMatchObject(unavailable);
  await expect(proxied.read(key)).rejects.toMatchObject(unavailable);
  await expect(proxied.delete(key)).rejects.toMatchObject(unavailable);
  await expect(proxied.list()[Symbol.asyncIterator]().next()).rejects.toMatchObject(unavailable);
  await expect(proxied.putFile(key, file)).rejects.toMatchObject(unavailable);
  expect(await exists(file)).toBe(true);
});

describe('a presigned address', () => {
  const contentDisposition = 'attachment; filename="a b.csv"';

  test('gives the bytes to whoever has it, as a file', async () => {
    const { file, bytes, key } = await land();
    const store = await open();
    await store.putFile(key, file);
    const url = (await store.presign?.(key, { contentDisposition, seconds: 60 })) ?? '';
    const response = await fetch(url);
    expect(Buffer.from(await response.arrayBuffer())).toEqual(bytes);
    expect(response.headers.get('content-disposition')).toBe(contentDisposition);
    expect(response.headers.get('content-type')).toBe('application/octet-stream');
    expect(new URL(url).searchParams.get('X-Amz-Expires')).toBe('60');
    expect(new URL(url).searchParams.get('X-Amz-Signature')).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe('at start', () => {
  test('a bucket that is not there is named', async () => {
    await expect(open({ GRANARY_S3_BUCKET: 'nowhere' })).rejects.toThrow(/no bucket nowhere .*GRANARY_S3_BUCKET/);
  });
  test('wrong keys are named, and not shown', async () => {
    const wrong = { GRANARY_S3_ACCESS_KEY_ID: 'nobodys', GRANARY_S3_SECRET_ACCESS_KEY: 'not-the-secret' };
    const problem = await open(wrong).catch((error: Error) => error.message);
    expect(problem).toContain('GRANARY_S3_SECRET_ACCESS_KEY');
    expect(problem).not.toContain('not-the-secret');
  });
  test('a store that does not answer is named', async () => {
    await expect(open({ GRANARY_S3_ENDPOINT: 'http://127.0.0.1:1' })).rejects.toThrow(/does not answer/);
  });
});
