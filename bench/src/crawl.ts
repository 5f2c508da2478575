import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectorOf } from '@granary/marketplaces';
import { type ReplayServer, startReplayServer } from '@granary/marketplaces/testing';
import type pg from 'pg';
import { type ItemPage, itemPages, sitemapOf } from './item-pages.ts';
import { startWorkerProcess } from './loading.ts';
import { median, paired } from './measure.ts';
import { withScratch } from './scratch.ts';

/** `--pages=100` for a small one. */
const count = Number(process.argv.find((each) => each.startsWith('--pages='))?.slice('--pages='.length) ?? 1000);
const rounds = 5;
/** `--profile=folder`: the worker leaves a CPU profile there. */
const profile = process.argv.find((each) => each.startsWith('--profile='))?.slice('--profile='.length);

/**
 * Pages a second that one worker asks for, keeps, reads and stores, each with one plugin and another number than the day before, without
 * waiting between requests; against reading the same pages alone. The first round, in which every plugin is new, is told apart.
 */
export const crawl = () =>
  withScratch(async (scratch) => {
    await using server = await startReplayServer({ routes: [] });
    const worker = await startWorkerProcess(scratch, {
      settings: { GRANARY_CRAWL_REPLAY: `127.0.0.1:${server.port}` },
      node: profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`],
    });
    try {
      const { owner } = scratch;
      const { rows } = await owner.query<{ id: string }>(
        `insert into sources (connector, name, rate) values ('chrome-web-store', 'bench', 1000) returning id`,
      );
      const sourceId = rows[0]?.id ?? '';
      const rates = { crawled: [] as number[], parsed: [] as number[] };
      let first = Number.NaN;
      let transactions = 0;
      for (let round = 0; round <= rounds; round += 1) {
        const pages = itemPages(count, round);
        serve(server, pages);
        const before = await committed(owner);
        const crawled = await crawlOnce(owner, sourceId);
        transactions = (await committed(owner)) - before;
        const parsed = count / parseAll(pages);
        if (round === 0) first = crawled;
        else {
          rates.crawled.push(crawled);
          rates.parsed.push(parsed);
        }
        process.stderr.write('.');
      }
      process.stderr.write('\n');
      return {
        ...paired(rates.crawled, rates.parsed),
        pagesPerSecond: {
          crawled: Math.round(median(rates.crawled)),
          allNew: Math.round(first),
          parsedAlone: Math.round(median(rates.parsed)),
        },
        transactionsPerPage: Number((transactions / count).toFixed(1)),
        sizes: { pages: count, bytesPerPage: Math.round(itemPages(count, 0)[0]?.body.byteLength ?? 0), workers: 1 },
      };
    } finally {
      worker.kill('SIGTERM');
      await once(worker, 'exit');
    }
  });

function serve(server: ReplayServer, pages: readonly ItemPage[]): void {
  const answer = (body: string | Buffer, type: string) =>
    ({ kind: 'answer', status: 200, body, headers: { 'content-type': type } }) as const;
  const { address, body } = sitemapOf(pages);
  server.fail(address, answer(body, 'application/xml'));
  for (const page of pages) server.fail(page.address, answer(page.body, 'text/html; charset=utf-8'));
}

/** Pages a second, from the first request to the last page's facts. */
async function crawlOnce(owner: pg.Pool, sourceId: string): Promise<number> {
  const { rows } = await owner.query<{ id: string }>(
    `insert into source_runs (source_id, trigger) values ($1, 'manual') returning id`,
    [sourceId],
  );
  let started: number | undefined;
  for (;;) {
    const { rows: found } = await owner.query<{
      state: string;
      plugins: string;
      changed: string;
      error: string | null;
    }>('select state, plugins, plugins_changed as changed, error from source_runs where id = $1', [rows[0]?.id]);
    const [run] = found;
    if (run?.state === 'failed') throw new Error(`the crawl failed: ${run.error}`);
    if (run?.state === 'running') started ??= performance.now();
    if (run && started !== undefined && Number(run.plugins) === count) {
      if (Number(run.changed) !== count) throw new Error(`${run.changed} of ${count} plugins were changed`);
      const rate = count / ((performance.now() - started) / 1000);
      await ended(owner, rows[0]?.id ?? '');
      return rate;
    }
    await sleep(20);
  }
}

/** It is settled a moment later. */
async function ended(owner: pg.Pool, runId: string): Promise<void> {
  for (;;) {
    const { rows } = await owner.query('select from source_runs where id = $1 and ended_at is not null', [runId]);
    if (rows.length > 0) return;
    await sleep(50);
  }
}

/** Seconds that reading them takes. */
function parseAll(pages: readonly ItemPage[]): number {
  const connector = connectorOf('chrome-web-store');
  if (!connector) throw new Error('no such connector');
  const started = performance.now();
  for (const { id, url, body } of pages) {
    const request = { key: url, kind: 'item', method: 'GET', url, externalId: id } as const;
    const { plugins } = connector.read({ request, url, status: 200, headers: {}, body, fetchedAt: new Date() });
    if (plugins[0]?.facts.externalId !== id) throw new Error(`${url} was not read`);
  }
  return (performance.now() - started) / 1000;
}

async function committed(owner: pg.Pool): Promise<number> {
  const { rows } = await owner.query<{ n: string }>(
    `select xact_commit as n from pg_stat_database where datname = current_database()`,
  );
  return Number(rows[0]?.n);
}
