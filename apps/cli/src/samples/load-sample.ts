import type { Column, GranaryClient, Load } from '@granary/client';
import { secondsSince } from '../output/measures.ts';
import type { SampleFile } from './sample-files.ts';

export interface LoadedSample {
  readonly name: string;
  readonly datasetId: string;
  readonly versionId: string;
  readonly rows: number;
  readonly quarantined: number;
  readonly columns: readonly Column[];
  /** From the first byte sent to the published table; null when an earlier start loaded it. */
  readonly seconds: number | null;
}

export interface LoadSampleOptions {
  readonly signal: AbortSignal;
  onProgress(progress: LoadProgress): void;
}

export type LoadProgress =
  | { readonly phase: 'sending'; readonly bytesSent: number; readonly bytesTotal: number }
  | { readonly phase: 'loading'; readonly load: Load };

/** Sends a sample and waits for its load, unless an earlier start did so; one that was left on the way is finished. */
export async function loadSample(
  client: GranaryClient,
  sample: SampleFile,
  { signal, onProgress }: LoadSampleOptions,
): Promise<LoadedSample> {
  const started = performance.now();
  const { name, path, description, origin } = sample;
  const found = await findSample(client, name, signal);
  const target = found
    ? (found.loaded ?? found.running ?? (await send({ datasetId: found.datasetId })))
    : await send({ name, description, origin });
  const load = await client.datasets.loaded(
    { datasetId: target.datasetId, versionId: target.versionId },
    { signal, onProgress: (state) => onProgress({ phase: 'loading', load: state }) },
  );
  const { columns } = await client.datasets.columns({ datasetId: target.datasetId }, { signal });
  return {
    name,
    ...target,
    rows: load.loadedRows ?? Number.NaN,
    quarantined: load.quarantinedRows ?? Number.NaN,
    columns,
    seconds: found?.loaded ? null : secondsSince(started),
  };

  async function send(into: { datasetId: string } | { name: string; description: string; origin: string }) {
    const sending = { signal, onProgress: (sent: Sent) => onProgress({ phase: 'sending', ...sent }) };
    const { dataset, versionId } = await client.datasets.upload({ path }, { ...into, ...sending });
    return { datasetId: dataset.id, versionId };
  }
}

type Sent = { readonly bytesSent: number; readonly bytesTotal: number };
type Target = { readonly datasetId: string; readonly versionId: string };

async function findSample(
  { datasets }: GranaryClient,
  name: string,
  signal: AbortSignal,
): Promise<{ datasetId: string; loaded: Target | undefined; running: Target | undefined } | undefined> {
  const { items } = await datasets.list({ name, limit: 1 }, { signal });
  const datasetId = items[0]?.id;
  if (datasetId === undefined) return undefined;
  const { items: versions } = await datasets.versions({ datasetId }, { signal });
  const versionIn = (state: 'ready' | 'loading') => {
    const version = versions.find((each) => each.state === state);
    return version && { datasetId, versionId: version.id };
  };
  return { datasetId, loaded: versionIn('ready'), running: versionIn('loading') };
}
