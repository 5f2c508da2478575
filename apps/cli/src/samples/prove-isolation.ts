import { type GranaryClient, type GranaryErrorKind, isGranaryError } from '@granary/client';
import { type Attempted, type DatasetCall, leaveUpload, readingCalls, writingCalls } from './dataset-calls.ts';
import type { Demo } from './demo-file.ts';
import type { LoadedSample } from './load-sample.ts';

export interface Scene {
  readonly clients: Readonly<Record<'owner' | 'colleague' | 'stranger', GranaryClient>>;
  readonly demo: Demo;
  readonly samples: readonly LoadedSample[];
  /** What is shared with the colleague, and taken back; one of the samples, and not a large one. */
  readonly shared: LoadedSample;
  readonly signal: AbortSignal;
}

export interface Isolation {
  /** What the owner's reading calls gave. */
  readonly ownerRows: number;
  /** Calls that stranger and colleague made with the owner's ids and that had to be refused. */
  readonly foreignAttempts: number;
  /** Rows, and successes of any other kind, that those calls gave. */
  readonly strangerRows: number;
  readonly colleagueRows: number;
  /** Rows that the colleague read while the dataset was shared, and after that. */
  readonly sharedRows: number;
  readonly unsharedRows: number;
  /** What was not as it must be; empty when isolation holds. */
  readonly problems: readonly string[];
}

/**
 * A stranger, and a colleague without a share, try every call of the typed client on every sample with its real ids;
 * if that gives them nothing, one sample is shared with the colleague and taken back. The owner makes the reading calls
 * too, so that a call which never works cannot pass for a refused one; what the owner sees must not change.
 */
export async function proveIsolation(scene: Scene): Promise<Isolation> {
  const { clients, samples, signal, demo } = scene;
  const before = await view(scene);
  const uploadId = await leaveUpload(clients.owner, signal);
  const target = (sample: LoadedSample, shareId?: string): Attempted => {
    return { sample, uploadId, colleagueId: demo.colleague.userId, shareId };
  };
  const targets = samples.map((sample) => target(sample));
  const ownerRows = await readAll(clients.owner, targets, signal);

  const intruders = {
    stranger: new Intruder('stranger', clients.stranger, signal),
    colleague: new Intruder('colleague', clients.colleague, signal),
  };
  const { stranger, colleague } = intruders;
  for (const intruder of [stranger, colleague]) {
    await intruder.list(samples);
    for (const each of targets) await intruder.attempt(everything, each, ['not_found']);
  }
  const isSound = () => stranger.problems.length + colleague.problems.length === 0;
  const share = isSound()
    ? await proveShare(scene, intruders, target)
    : { sharedRows: 0, unsharedRows: 0, problems: [] };
  const after = await view(scene).catch((error: unknown) => String(error));
  return {
    ownerRows,
    foreignAttempts: stranger.attempts + colleague.attempts,
    strangerRows: stranger.got,
    colleagueRows: colleague.got,
    ...share,
    problems: [
      ...stranger.problems,
      ...colleague.problems,
      ...share.problems,
      ...(after === before ? [] : ['what the owner sees has changed']),
    ],
  };
}

const everything = { ...readingCalls, ...writingCalls };

/** A share lets one read, and nothing else, until it is taken back. */
async function proveShare(
  { clients, shared, signal, demo }: Scene,
  { stranger, colleague }: Readonly<Record<'stranger' | 'colleague', Intruder>>,
  target: (sample: LoadedSample, shareId: string) => Attempted,
): Promise<Pick<Isolation, 'sharedRows' | 'unsharedRows' | 'problems'>> {
  const { datasetId, rows } = shared;
  const { id: shareId } = await clients.owner.datasets.share({ datasetId, userId: demo.colleague.userId }, { signal });
  const attempted = target(shared, shareId);
  const sharedRows = await countRows(clients.colleague, datasetId, signal);
  await stranger.attempt(everything, attempted, ['not_found']);
  await colleague.attempt(writingCalls, attempted, ['not_found', 'forbidden']);
  await clients.owner.datasets.unshare({ datasetId, shareId }, { signal });
  const unsharedRows = await countRows(clients.colleague, datasetId, signal).catch((error: unknown) => {
    if (isGranaryError(error, 'not_found')) return 0;
    throw error;
  });
  return {
    sharedRows,
    unsharedRows,
    problems: [
      ...(sharedRows === rows ? [] : [`the colleague read ${sharedRows} of ${rows} shared rows`]),
      ...(unsharedRows === 0 ? [] : [`the colleague read ${unsharedRows} rows after the share was taken back`]),
    ],
  };
}

/** Somebody who must get nothing, and what they got all the same. */
class Intruder {
  attempts = 0;
  got = 0;
  readonly problems: string[] = [];
  readonly #name: string;
  readonly #client: GranaryClient;
  readonly #signal: AbortSignal;

  constructor(name: string, client: GranaryClient, signal: AbortSignal) {
    this.#name = name;
    this.#client = client;
    this.#signal = signal;
  }

  /** An error of any other kind is no proof: the call may not have got as far as the question who asks. */
  async attempt(
    calls: Readonly<Record<string, DatasetCall>>,
    on: Attempted,
    refusals: readonly GranaryErrorKind[],
  ): Promise<void> {
    for (const [name, call] of Object.entries(calls)) {
      this.attempts += 1;
      try {
        const count = await call(this.#client, on, this.#signal);
        if (count > 0) this.problems.push(`the ${this.#name} got ${count} by ${name} of ${on.sample.name}`);
        this.got += count;
      } catch (error) {
        this.#signal.throwIfAborted();
        if (refusals.some((kind) => isGranaryError(error, kind))) continue;
        this.problems.push(`the ${this.#name} was not refused but answered by ${name} of ${on.sample.name}: ${error}`);
      }
    }
  }

  async list(samples: readonly LoadedSample[]): Promise<void> {
    this.attempts += 1;
    const foreign = new Set(samples.map(({ datasetId }) => datasetId));
    const { items } = await this.#client.datasets.list({ limit: 1000 }, { signal: this.#signal });
    const seen = items.filter(({ id }) => foreign.has(id));
    if (seen.length > 0) this.problems.push(`the ${this.#name} saw ${seen.length} foreign datasets in the list`);
    this.got += seen.length;
  }
}

async function readAll(owner: GranaryClient, targets: readonly Attempted[], signal: AbortSignal): Promise<number> {
  let count = 0;
  for (const target of targets)
    for (const call of Object.values(readingCalls)) count += await call(owner, target, signal);
  return count;
}

async function countRows({ datasets }: GranaryClient, datasetId: string, signal: AbortSignal): Promise<number> {
  let count = 0;
  for await (const _ of datasets.eachRow({ datasetId }, { signal, as: 'array' })) count += 1;
  return count;
}

/** What an intruder could have changed, as the owner sees it. */
async function view({ clients: { owner }, samples, signal }: Scene): Promise<string> {
  const seen = samples.map(async ({ datasetId }) => [
    await owner.datasets.get({ datasetId }, { signal }),
    await owner.datasets.versions({ datasetId }, { signal }),
    await owner.datasets.shares({ datasetId }, { signal }),
  ]);
  return JSON.stringify(await Promise.all(seen));
}
