// A worker that is killed at a step of the load, or with PAUSE_WHILE waits there as long as that file exists: [worker URL, data directory, work directory, step or 'never'].
import { existsSync } from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { createDatabase, openPool } from '@granary/db';
import { MasterKeys } from '@granary/domain';
import { createFileObjectStore } from '@granary/object-store';
import { createOutbound } from '@granary/outbound';
import { offerContainers } from '../src/containers/offer-containers.ts';
import { createHandlers } from '../src/handlers.ts';
import { sweepWorkDirectories } from '../src/load/work-directories.ts';
import { startWorker } from '../src/queue/start-worker.ts';
import { defaultLimits } from '../src/sql-edge/limits.ts';

const [url = '', dataDirectory = '', workDirectory = '', killAt = 'never'] = process.argv.slice(2);
const { pool, prepared } = await openPool(url, { poolSize: 4, statementTimeoutMs: 0 });
const log = (message: string, details: object) => process.stderr.write(`${message} ${JSON.stringify(details)}\n`);

const sandboxDirectory = path.join(workDirectory, 'sandbox');
await sweepWorkDirectories(sandboxDirectory, 0o711);
const { CONTAINERS, OUTBOUND_ALLOW = '' } = process.env;
const outbound = createOutbound({ userAgent: 'GranaryTest/1.0', allow: OUTBOUND_ALLOW.split(',').filter(Boolean) });
const handlers = createHandlers({
  database: createDatabase(pool, { prepared }),
  store: createFileObjectStore(dataDirectory),
  masterKeys: MasterKeys.parse(process.env.GRANARY_MASTER_KEY ?? ''),
  workDirectory,
  sandboxDirectory,
  sandboxLimits: { ...defaultLimits, memoryMegabytes: 512 },
  exportHours: 1,
  maxColumns: 30_000,
  outbound,
  containers: CONTAINERS === undefined ? undefined : { command: CONTAINERS.split(' '), imageMegabytes: 64, outbound },
  images: { isolation: 'off', seconds: 60, spaceMegabytes: 64 },
  log,
  onStep: async (step, bytes) => {
    const here = killAt === 'mid-copy' ? step === 'copying' && bytes > 0 : step === killAt;
    process.stdout.write(`${step}\n`);
    if (!here) return;
    const { PAUSE_WHILE: file } = process.env;
    if (file !== undefined) {
      if (existsSync(file)) process.stdout.write('paused\n');
      while (existsSync(file)) await setTimeout(20);
      return;
    }
    process.kill(process.pid, 'SIGKILL');
    await new Promise(() => {});
  },
});
await startWorker({ url, concurrency: 1, log }, handlers, {
  'mail.send': () => Promise.reject(new Error('this worker sends no mail')),
  'search.index': async () => {},
  'repository.check': async () => {},
  'image.check': async () => {},
  'repository.read': async () => {},
  'plugin.summarize': async () => {},
});
if (CONTAINERS !== undefined) offerContainers(url, log);
process.stdout.write('ready\n');
