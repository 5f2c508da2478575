/// <reference path="./s3rver.d.ts" />
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import S3rver from 's3rver';

export interface S3Server {
  readonly port: number;
  /** Where it keeps what was put. */
  readonly directory: string;
  /** Settings that lead to its bucket, as variables. */
  readonly environment: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

const bucket = 'originals';

/** A server that speaks S3 over real HTTP, with one bucket. */
export async function startS3Server(port = 0): Promise<S3Server> {
  const directory = await mkdtemp(path.join(tmpdir(), 'granary-s3-'));
  const server = new S3rver({
    address: '127.0.0.1',
    port,
    silent: true,
    directory,
    configureBuckets: [{ name: bucket }],
  });
  const address = await server.run();
  return {
    port: address.port,
    directory,
    environment: {
      GRANARY_STORE: 's3',
      GRANARY_S3_ENDPOINT: `http://127.0.0.1:${address.port}`,
      GRANARY_S3_BUCKET: bucket,
      GRANARY_S3_ACCESS_KEY_ID: 'S3RVER',
      GRANARY_S3_SECRET_ACCESS_KEY: 'S3RVER',
    },
    async close() {
      const closed = once(server.httpServer, 'close');
      server.httpServer.close();
      server.httpServer.closeAllConnections();
      await closed;
      await rm(directory, { recursive: true, force: true });
    },
  };
}
