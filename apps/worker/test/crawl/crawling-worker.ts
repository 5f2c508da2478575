// Crawls, and is killed at a step the n-th time that it comes there: [worker URL, folder, port, step or 'never', n], and 'facts' where
// what is read is to be stored as in production.
import path from 'node:path';
import { createDatabase, openPool } from '@granary/db';
import { registry } from '@granary/marketplaces';
import { createFileObjectStore } from '@granary/object-store';
import { createOutbound } from '@granary/outbound';
import { crawlDefaults } from '../../src/crawl/crawl-context.ts';
import { startCrawling } from '../../src/crawl/start-crawling.ts';
import { storeReading } from '../../src/facts/store-reading.ts';
import { quick } from './quick.ts';
import { shop } from './shop.ts';
import { storeTestReading } from './test-readings.ts';

const [url = '', folder = '', port = '', killAt = 'never', times = '1', where = 'readings'] = process.argv.slice(2);
const { pool, prepared } = await openPool(url, { poolSize: 6, statementTimeoutMs: 0 });
let left = Number(times);

startCrawling({
  database: createDatabase(pool, { prepared }),
  store: createFileObjectStore(path.join(folder, 'objects')),
  outbound: createOutbound({
    userAgent: 'GranaryTest/1.0',
    allow: [`shop.test:${port}`],
    resolve: async () => ['127.0.0.1'],
  }),
  connectors: registry([shop]),
  storeReading: where === 'facts' ? storeReading : storeTestReading,
  workDirectory: folder,
  // what a killed worker held is free after this
  settings: { ...crawlDefaults, productToken: 'GranaryTest', concurrency: 2, ...quick, totalMs: 2000, leaseMs: 1000 },
  log: (message, details) => process.stderr.write(`${message} ${JSON.stringify(details)}\n`),
  onStep: async (step) => {
    if (step !== killAt) return;
    left -= 1;
    if (left > 0) return;
    process.kill(process.pid, 'SIGKILL');
    await new Promise(() => {});
  },
});
process.stdout.write('crawling\n');
