// `npm test`: every package's tests, on a real PostgreSQL. DATABASE_URL is ignored: tests make databases and drop them.
import { globSync, rmSync } from 'node:fs';
import path from 'node:path';
import { root, run } from './run.ts';
import { readResults } from './test-results.ts';

const args = process.argv.slice(2);
if (args.includes('--help')) {
  process.stdout.write(`npm test [-- --filter=<package>] [-- --force]

Runs the tests of all packages; a package whose files did not change is answered from the cache.
GRANARY_TEST_DATABASE_URL   a superuser's URL: use that server instead of the embedded PostgreSQL
GRANARY_CORPUS              a folder with csv-health/, csv-messy/ and marketplace/: also read every file in it
`);
  process.exit(0);
}
for (const file of globSync('*/*/test-results.json', { cwd: root })) rmSync(path.join(root, file));
const { DATABASE_URL: _ignored, ...env } = process.env;
const code = await run(
  'turbo',
  ['run', 'test', '--concurrency=2', '--output-logs=new-only', '--continue', ...args],
  env,
);
const { passed, failed, skipped, failures } = readResults();
// once more at the end: what failed first is far up in the output of ten packages
for (const failure of failures) process.stdout.write(`\nfailed: ${failure.slice(0, 4000)}\n`);
process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`);
process.exit(code === 0 && failed === 0 && passed > 0 ? 0 : 1);
