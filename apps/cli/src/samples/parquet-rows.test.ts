import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { countParquetRows } from './parquet-rows.ts';
import { sampleFiles } from './sample-files.ts';

const [flights] = sampleFiles.filter(({ fileName }) => fileName.endsWith('.parquet'));

test('three million flights are three million rows', async () => {
  expect(await countParquetRows(flights!.path)).toBe(3_000_000);
});

test('a file that is cut off is no Parquet file', async () => {
  const file = path.join(await temporaryFolder(), 'cut.parquet');
  await writeFile(file, (await readFile(flights!.path)).subarray(0, 100_000));
  await expect(countParquetRows(file)).rejects.toThrow('no Parquet file');
});
