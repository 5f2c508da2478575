import type { FactField, FieldOrigin, PluginFacts } from './plugin-facts.ts';

/** A request that a crawl is to make. Two with the same key are one. */
export interface CrawlRequest {
  /** Unique within a source: normally the URL; with a body, what stands for both. */
  readonly key: string;
  readonly kind: 'index' | 'item';
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The plugin that an `item` is about, where it is known beforehand. */
  readonly externalId?: string;
  /** Set when an archive is asked: the time of its capture (ISO 8601, UTC), which is then the page's `fetchedAt`. */
  readonly archivedAt?: string;
}

/** An answer as it was captured. */
export interface Page {
  readonly request: CrawlRequest;
  /** Where redirects led. */
  readonly url: string;
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Decompressed. */
  readonly body: Uint8Array;
  readonly fetchedAt: Date;
}

/** Facts of one plugin, and how each field that the page could hold was read; null: it was not there. */
export interface ReadPlugin {
  readonly facts: PluginFacts;
  readonly origins: Readonly<Partial<Record<FactField, FieldOrigin | null>>>;
}

/** What one page yields: requests that follow, and plugins. A page may yield both (a list in an API). */
export interface PageReading {
  readonly requests: readonly CrawlRequest[];
  readonly plugins: readonly ReadPlugin[];
}

/** What an operator or a tenant configured a source with: anything that JSON holds. */
export type ConnectorSettings = Readonly<Record<string, unknown>>;

export const readableStatuses: readonly number[] = [200, 401, 403, 404, 410, 451];

/**
 * One marketplace: discover → fetch → parse → normalise, without the fetching. Pure: the same page gives the same reading,
 * so that facts can be derived again from captures. Throws UnreadablePage for a page that is not what it should be.
 */
export interface Connector {
  readonly name: string;
  readonly label: string;
  /** Raised whenever the same page would give another reading. */
  readonly parserVersion: number;
  /** False: pages are imported by hand unless an operator turns crawling on, since the marketplace's terms restrict it. */
  readonly crawledByDefault: boolean;
  /** Hosts that a crawl of a source with these settings may ask, redirects included. Throws as `start` does. */
  hosts(settings: ConnectorSettings): readonly string[];
  /** Checks what a source of this kind was configured with; throws a ConnectorSettingsError that names the field. */
  start(settings: ConnectorSettings): readonly CrawlRequest[];
  /**
   * Answers of the statuses in `readableStatuses` are to be handed over, since some say that a plugin is gone; the others say
   * nothing of a plugin.
   */
  read(page: Page): PageReading;
  readonly items?: NamedItems;
}

/** Plugins that people name one by one, by the address of a page. */
export interface NamedItems {
  /** The setting that lists them. */
  readonly setting: string;
  /** What the setting calls the plugin whose page this is; null for any other page. */
  idOf(url: URL): string | null;
  /** The page of a plugin. */
  addressOf(item: string): string;
}

/** The page is not of the shape that the connector knows. Nothing of it is stored but the capture. */
export class UnreadablePage extends Error {
  override readonly name = 'UnreadablePage';
}

/** A source's settings do not fit its connector. */
export class ConnectorSettingsError extends Error {
  override readonly name = 'ConnectorSettingsError';
}
