import { createGranaryClient } from '@granary/client';
import type { OwnerDatabase } from '../database/owner-database.ts';
import { withOwnerKysely } from '../database/owner-kysely.ts';
import type { Environment } from '../env.ts';
import { readPrivateJson, writePrivateJson } from '../files/private-json.ts';
import type { Terminal } from '../output/terminal.ts';
import { type Demo, demoFile } from '../samples/demo-file.ts';
import { describeProgress } from '../samples/describe-progress.ts';
import { ensureDemo } from '../samples/ensure-demo.ts';
import { type LoadedSample, loadSample } from '../samples/load-sample.ts';
import type { Scene } from '../samples/prove-isolation.ts';
import { type SampleFile, sampleFiles } from '../samples/sample-files.ts';

export interface MainJobOptions {
  readonly database: Omit<OwnerDatabase, 'release'>;
  readonly settings: Pick<Environment, 'database'>;
  readonly url: string;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
  onLoaded(sample: SampleFile, loaded: LoadedSample): void;
}

/** The people of the demo, and every sample loaded by one of them, as proveIsolation takes them. */
export async function runMainJob(options: MainJobOptions): Promise<Scene> {
  const { url, terminal, signal, onLoaded } = options;
  const demo = await prepareDemo(options);
  const clientOf = ({ apiKey }: Demo['owner']) => createGranaryClient({ url, auth: { apiKey } });
  const clients = {
    owner: clientOf(demo.owner),
    colleague: clientOf(demo.colleague),
    stranger: clientOf(demo.stranger),
  };
  const samples: LoadedSample[] = [];
  for (const sample of sampleFiles) {
    const loaded = await loadSample(clients.owner, sample, {
      signal,
      onProgress: (progress) => terminal.progress(`  ${sample.fileName.padEnd(20)}${describeProgress(progress)}`),
    });
    onLoaded(sample, loaded);
    samples.push(loaded);
  }
  const [shared] = samples.toSorted((one, other) => one.rows - other.rows);
  if (!shared) throw new Error('there is no sample');
  return { demo, clients, samples, shared, signal };
}

async function prepareDemo({ database, settings, url }: MainJobOptions): Promise<Demo> {
  const known = await readPrivateJson(database.demoFile, demoFile);
  const demo = await withOwnerKysely(database.url, settings.database, (owner) => ensureDemo(owner, known));
  await writePrivateJson(database.demoFile, { ...demo, url });
  return demo;
}
