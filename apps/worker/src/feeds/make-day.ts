import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type Database, onSystemSnapshot } from '@granary/db';
import { csvOptions, type ObjectStore } from '@granary/domain';
import { makeWorkDirectory } from '../load/work-directories.ts';
import { copyOut } from '../writing/rows-source.ts';
import { openWriter } from '../writing/writer.ts';
import { feedColumns, selectDay } from './feed-columns.ts';

export interface FeedOptions {
  readonly database: Database;
  readonly store: ObjectStore;
  readonly workDirectory: string;
  readonly signal: AbortSignal;
}

export interface FeedManifest {
  readonly feed: 'plugin_snapshots';
  readonly version: 1;
  readonly day: string;
  readonly rows: number;
  readonly files: readonly { readonly name: string; readonly bytes: number; readonly sha256: string }[];
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly madeAt: string;
}

const formats = ['parquet', 'csv'] as const;

/**
 * Writes the files of one day from one snapshot and publishes them, the manifest last: files that it does not describe are of
 * a run that was broken off, or is under way. Made again, each file takes the place of the former one.
 */
export async function makeDay(
  { database, store, signal, ...options }: FeedOptions,
  day: string,
): Promise<FeedManifest> {
  const workDirectory = await makeWorkDirectory(options.workDirectory);
  const writer = openWriter(workDirectory, signal);
  try {
    const written = await onSystemSnapshot(database, 'facts: feeds', async (client) => {
      const counts: number[] = [];
      for (const format of formats) {
        const { rows } = await writer.write(
          { type: 'write', format, csv: csvOptions.parse({}), target: path.join(workDirectory, `snapshots.${format}`) },
          {
            skip: 0,
            columns: feedColumns,
            fill: (sink) => copyOut(client, selectDay(day), sink, { signal, onRows: () => {} }),
          },
        );
        counts.push(rows);
      }
      return counts[0] ?? 0;
    });
    const files: { name: string; bytes: number; sha256: string; path: string }[] = [];
    for (const format of formats) files.push(await describe(path.join(workDirectory, `snapshots.${format}`)));
    const manifest: FeedManifest = {
      feed: 'plugin_snapshots',
      version: 1,
      day,
      rows: written,
      files: files.map(({ name, bytes, sha256 }) => ({ name, bytes, sha256 })),
      columns: feedColumns.map(({ name, type }) => ({ name, type })),
      madeAt: new Date().toISOString(),
    };
    const about = path.join(workDirectory, 'manifest.json');
    await writeFile(about, `${JSON.stringify(manifest, null, 2)}\n`);
    for (const file of [...files, await describe(about)])
      await store.publish?.(`feeds/plugin_snapshots/v1/dt=${day}/${file.name}`, file);
    return manifest;
  } finally {
    await writer.close();
    await rm(workDirectory, { recursive: true, force: true });
  }
}

async function describe(file: string) {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return { name: path.basename(file), path: file, bytes: (await stat(file)).size, sha256: hash.digest('hex') };
}
