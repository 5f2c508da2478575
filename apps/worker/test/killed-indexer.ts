// A worker that indexes what can be searched, and is killed before a step of that: [worker URL, model's id, step or 'never'].
import { createDatabase, openPool } from '@granary/db';
import { type Embedder, indexSource } from '@granary/domain';
import { startWorker } from '../src/queue/start-worker.ts';

const [url = '', modelId = '', killAt = 'never'] = process.argv.slice(2);
const { pool, prepared } = await openPool(url, { poolSize: 4, statementTimeoutMs: 0 });
const embedder: Embedder = {
  model: { name: 'lengths', version: '1' },
  embed: async (texts) => texts.map((text) => [text.length, 1]),
  close: async () => {},
};
const onStep = async (step: string) => {
  if (step !== killAt) return;
  process.kill(process.pid, 'SIGKILL');
  await new Promise(() => {});
};
const indexing = { database: createDatabase(pool, { prepared }), embedder, modelId, onStep };
const nothing = async () => {};
const noJob = { run: nothing, dead: nothing };
await startWorker(
  { url, concurrency: 1, log: () => {} },
  {
    'dataset.load': noJob,
    'dataset.pseudonymise': noJob,
    'dataset.copy': noJob,
    'dataset.index': noJob,
    'dataset.export': noJob,
    'dataset.replay': noJob,
    'dataset.profile': noJob,
    'edge.verify': noJob,
    'image.build': noJob,
    'run.step': noJob,
  },
  {
    'mail.send': nothing,
    'plugin.summarize': nothing,
    'repository.check': nothing,
    'repository.read': nothing,
    'image.check': nothing,
    'search.index': (input, signal) => indexSource(indexing, input, signal),
  },
);
process.stdout.write('ready\n');
