// `npm run check`: everything that can be known without running the product.
import { run } from './run.ts';

const checks: Readonly<Record<string, readonly [string, ...string[]]>> = {
  'format and lint': ['biome', 'ci', '.'],
  'types of the packages': ['turbo', 'run', 'typecheck', '--output-logs=errors-only'],
  'types of the scripts': ['tsc', '-p', 'scripts'],
  'layers (docs/adr/0003-layers.md)': ['turbo', 'boundaries'],
  'unused files, exports and dependencies': ['knip'],
};

const failed: string[] = [];
for (const [name, [program, ...args]] of Object.entries(checks)) {
  process.stderr.write(`\ncheck: ${name}\n`);
  if ((await run(program, args)) !== 0) failed.push(name);
}
const passed = Object.keys(checks).length - failed.length;
for (const name of failed) process.stderr.write(`check failed: ${name}\n`);
process.stdout.write(`${passed} passed, ${failed.length} failed\n`);
process.exit(failed.length === 0 ? 0 : 1);
