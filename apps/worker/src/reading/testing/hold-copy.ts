// A worker in the middle of a copy that nobody reads: what a test kills. Prints the process that reads for it.
import { readFileSync } from 'node:fs';
import { openReader } from '../reader.ts';

const [path = '', workDirectory = ''] = process.argv.slice(2);
const reader = await openReader({
  path,
  fileName: path,
  workDirectory,
  maxColumns: 10,
  signal: new AbortController().signal,
  onProgress: () => {},
});
const { stream } = reader.copyCsv(['id']);
stream.once('readable', () => {
  process.stdout.write(readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8'));
});
