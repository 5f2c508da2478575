import { setTimeout as sleep } from 'node:timers/promises';
import type { GranaryClient } from '@granary/client';
import { operatorActions as actions } from '@granary/domain';
import { fixtureSite, type ReplayServer } from '@granary/marketplaces/testing';
import type { Act } from '../operator/with-operator.ts';
import { CommandFailure } from '../output/failure.ts';

export interface CrawlCheck {
  /** Listings that another organization reads afterwards, and their days. */
  readonly plugins: number;
  readonly snapshots: number;
  /** What the marketplace was asked in all; and how often it could answer that nothing had changed. */
  readonly requests: number;
  readonly notModified: number;
  /** Listings that changed in each of the three runs. */
  readonly changed: readonly number[];
}

interface Marketplace {
  readonly act: Act;
  /** Somebody of another organization than anybody who had to do with it. */
  readonly reader: GranaryClient;
  /** What the worker asks in place of the marketplace (GRANARY_CRAWL_REPLAY). */
  readonly server: ReplayServer;
  readonly signal: AbortSignal;
}

const marketplace = 'chrome-web-store';
/** What its pages say on two days, exactly, of three listings: state, users, ratings. One is gone on the second. */
const expected = [
  {
    'Quill Notes': ['available', 300_000, 9514],
    'Pixel Ruler': ['available', 77, null],
    'Vanished Helper': ['available', 4000, 10],
  },
  {
    'Quill Notes': ['available', 300_000, 9520],
    'Pixel Ruler': ['available', 78, null],
    'Vanished Helper': ['unavailable', null, null],
  },
] as const;

/**
 * An operator follows a marketplace, of which the pages lie here, and crawls it three times: as it is, once more without anything
 * having changed, and as it is a day later. Returns what was found, with what is wrong in words.
 */
export async function crawlMarketplace({ act, reader, server, signal }: Marketplace) {
  const problems: string[] = [];
  const require = (holds: boolean, problem: string) => holds || problems.push(problem);
  const source = await act(actions.createPublicSource, { connector: marketplace, name: 'A marketplace', rate: 1000 });
  const run = async () => {
    const { id } = await act(actions.runPublicSource, { sourceId: source.id });
    return ended(act, source.id, id, signal);
  };
  const asks = () => server.requests.length;

  const first = await run();
  const before = await snapshotsOf(reader);
  problems.push(...differences(before, expected[0]));
  const asked = asks();

  const second = await run();
  const again = server.requests.slice(asked);
  const notModified = again.filter(({ status }) => status === 304).length;
  require(notModified > 0 && notModified === again.length, 'a second crawl asked for what had not changed');
  require(second.pluginsChanged === 0 && second.unchanged === first.fetched, 'a second crawl changed something');
  require(JSON.stringify(await snapshotsOf(reader)) === JSON.stringify(before), 'what is read changed by itself');

  server.replace(fixtureSite('2026-11-02'));
  const third = await run();
  const after = await snapshotsOf(reader);
  problems.push(...differences(after, expected[1]));
  const [plugins, daysOfPlugins] = [count(after, ({ id }) => id), count(after, ({ id, day }) => `${id} ${day}`)];
  require(plugins === count(before, ({ id }) => id), 'a listing was doubled, or lost');
  require(daysOfPlugins === after.length, 'a day has two snapshots');

  const crawl: CrawlCheck = {
    plugins,
    snapshots: after.length,
    requests: asks(),
    notModified,
    changed: [first, second, third].map(({ pluginsChanged }) => pluginsChanged),
  };
  return { crawl, problems };
}

const patience = 120_000;

async function ended(act: Act, sourceId: string, runId: string, signal: AbortSignal) {
  for (const deadline = Date.now() + patience; Date.now() < deadline; await sleep(50, undefined, { signal })) {
    const [run] = await act(actions.listPublicRuns, { sourceId, runId });
    if (!run) throw new CommandFailure('a run of the marketplace is gone');
    if (run.state === 'succeeded') return run;
    if (run.state !== 'queued' && run.state !== 'running')
      throw new CommandFailure(`a crawl ${run.state}: ${run.error ?? 'no reason is given'}`);
  }
  throw new CommandFailure(`a crawl did not end within ${patience / 1000} seconds`);
}

interface Snapshot {
  readonly id: string;
  readonly name: string | null;
  readonly day: string;
  readonly said: readonly [string, number | null, number | null];
}

/** Every day of every listing, as a reader is told. */
async function snapshotsOf(reader: GranaryClient): Promise<readonly Snapshot[]> {
  const { items } = await reader.plugins.list({ marketplace, scope: 'public', limit: 100 });
  const found = await Promise.all(
    items.map(async ({ id, name }) =>
      (await reader.plugins.series({ pluginId: id })).points.map(({ day, state, users, ratingCount }) => {
        return { id, name, day, said: [state, users?.value ?? null, ratingCount?.value ?? null] } as const;
      }),
    ),
  );
  return found.flat().sort((one, other) => (one.id + one.day < other.id + other.day ? -1 : 1));
}

const count = (snapshots: readonly Snapshot[], what: (snapshot: Snapshot) => string): number =>
  new Set(snapshots.map(what)).size;

/** Of the newest day. */
function differences(
  found: readonly Snapshot[],
  wanted: Readonly<Record<string, Snapshot['said']>>,
): readonly string[] {
  return Object.entries(wanted).flatMap(([name, said]) => {
    const read = found.findLast((each) => each.name === name)?.said ?? [];
    return JSON.stringify(read) === JSON.stringify(said)
      ? []
      : [`the page of ${name} says ${JSON.stringify(said)}, and ${JSON.stringify(read)} was read`];
  });
}
