import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { CellValue, GranaryClient } from '@granary/client';
import type { LoadedSample } from './load-sample.ts';
import type { Expectation, SampleFile } from './sample-files.ts';

/**
 * Holds what was loaded against the file, as read without anything that loads it: every row is in the table or in
 * quarantine, a column of text came through unchanged, the original is kept byte for byte. What differs, in words.
 */
export async function verifySample(
  client: GranaryClient,
  sample: SampleFile,
  loaded: LoadedSample,
  signal: AbortSignal,
): Promise<string[]> {
  const { datasetId } = loaded;
  const { rows, text } = await sample.expect();
  const dataset = await client.datasets.get({ datasetId }, { signal });
  const original = await client.datasets.downloadOriginal({ datasetId }, { signal });
  const [kept, sent] = [await sha256(original), await sha256([await readFile(sample.path)])];
  const problems = [
    ...(rows > 0 && loaded.rows + loaded.quarantined === rows
      ? []
      : [`${rows} rows in the file, ${loaded.rows} loaded, ${loaded.quarantined} quarantined`]),
    ...(dataset.rows === loaded.rows ? [] : [`${loaded.rows} rows loaded, ${dataset.rows} in the dataset`]),
    ...(kept === sent ? [] : ['the original is not what was sent']),
    ...(text ? await verifyText(client, loaded, text, signal) : []),
  ];
  return problems.map((problem) => `${sample.fileName}: ${problem}`);
}

async function verifyText(
  { datasets }: GranaryClient,
  { datasetId, columns, quarantined }: LoadedSample,
  { column, values }: NonNullable<Expectation['text']>,
  signal: AbortSignal,
): Promise<string[]> {
  const found = columns.find(({ originalName }) => originalName === column);
  if (found?.type !== 'text') return [`${column} is ${found?.type ?? 'missing'}, not text`];
  const missing = new Map<CellValue | null, number>();
  for (const value of values) missing.set(value, (missing.get(value) ?? 0) + 1);
  let surplus = 0;
  for await (const [value = null] of datasets.eachRow({ datasetId, columns: [found.name] }, { signal, as: 'array' })) {
    const left = missing.get(value) ?? 0;
    if (left === 0) surplus += 1;
    else missing.set(value, left - 1);
  }
  const lost = [...missing.values()].reduce((sum, count) => sum + count, 0);
  return surplus === 0 && lost === quarantined
    ? []
    : [`${column}: ${lost} values are missing, ${surplus} are not in the file`];
}

async function sha256(bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of bytes) hash.update(piece);
  return hash.digest('hex');
}
