// `npm run bench -- <name> [--json]`: one JSON line with the ratio against the best alternative in the same run.
import { audit } from './audit.ts';
import { auth } from './auth.ts';
import { crawl } from './crawl.ts';
import { flags as featureFlags } from './flags.ts';
import { httpPage } from './http.ts';
import { impact } from './impact.ts';
import { jobs } from './jobs.ts';
import { load } from './load.ts';
import { page } from './page.ts';
import { parse } from './parse.ts';
import { pipeline } from './pipeline.ts';
import { read } from './read.ts';
import { search } from './search.ts';
import { series } from './series.ts';
import { start } from './start.ts';
import { wide } from './wide.ts';

export interface BenchResult {
  readonly ratio: number;
  readonly spread: readonly [number, number];
  readonly sizes: Readonly<Record<string, number | string>>;
  readonly [figure: string]: unknown;
}

const benches: Readonly<Record<string, (flags: string[]) => Promise<BenchResult>>> = {
  audit,
  auth,
  crawl,
  flags: featureFlags,
  http: httpPage,
  impact,
  jobs,
  load,
  page,
  parse,
  pipeline,
  read,
  series,
  search,
  start,
  wide,
};

const [name = '', ...flags] = process.argv.slice(2);
const bench = benches[name];
if (!bench) {
  process.stderr.write(`usage: npm run bench -- ${Object.keys(benches).join('|')} [--json]\n`);
  process.exit(name === '--help' ? 0 : 2);
}
const result = { name, ...(await bench(flags)) };
process.stdout.write(`${JSON.stringify(result, null, flags.includes('--json') ? 0 : 2)}\n`);
