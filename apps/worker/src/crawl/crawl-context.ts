import type { Database } from '@granary/db';
import type { ObjectStore } from '@granary/domain';
import type { ConnectorRegistry } from '@granary/marketplaces';
import type { Outbound } from '@granary/outbound';
import type { StoreReading } from '../facts/readings.ts';
import type { Log } from '../log.ts';

export interface CrawlSettings {
  /** What robots.txt calls us; the user agent begins with it. */
  readonly productToken: string;
  /** Hosts that one worker asks at the same time. Each is asked by one worker at a time, whatever this is. */
  readonly concurrency: number;
  /** Of one answer. */
  readonly maxBytes: number;
  /** For one answer, and how long it may stand still meanwhile. */
  readonly totalMs: number;
  readonly idleMs: number;
  /** How long a turn is nobody else's, beyond what the answer may take. */
  readonly leaseMs: number;
  /** How often a request is tried before it is given up. */
  readonly attempts: number;
  /** Until the second attempt; twice as long until each that follows, up to an hour. */
  readonly backOffMs: number;
  /** Between two requests to the Internet Archive, which asks for so much patience. */
  readonly archivePauseMs: number;
  /** How often somebody looks what there is to do, when there is nothing. */
  readonly pollMs: number;
  /** Requests that one run may discover. */
  readonly mostRequests: number;
}

export const crawlDefaults: Omit<CrawlSettings, 'productToken' | 'concurrency'> = {
  maxBytes: 64 * 1024 ** 2,
  totalMs: 120_000,
  idleMs: 30_000,
  leaseMs: 60_000,
  attempts: 5,
  backOffMs: 30_000,
  archivePauseMs: 4000,
  pollMs: 500,
  mostRequests: 1_000_000,
};

/** Where a test stops the process: of a crawl; and of an import or a reparse, before a page is committed and after that. */
export type CrawlStep = 'turn' | 'answered' | 'stored' | 'captured' | 'read' | 'noted' | 'worked';

export interface CrawlContext {
  readonly database: Database;
  readonly store: ObjectStore;
  readonly outbound: Pick<Outbound, 'request' | 'check'>;
  readonly connectors: ConnectorRegistry;
  readonly storeReading: StoreReading;
  /** Bodies are there while they go into the store. */
  readonly workDirectory: string;
  readonly settings: CrawlSettings;
  readonly log: Log;
  /** Told when a host that was asked may be asked again, once its pause is over. */
  readonly onHostFree?: (() => void) | undefined;
  readonly onStep?: ((step: CrawlStep) => Promise<void>) | undefined;
}
