import {
  type Connector,
  type ConnectorSettings,
  ConnectorSettingsError,
  type CrawlRequest,
  type Page,
  type PageReading,
  UnreadablePage,
} from '../connector.ts';
import { pageText } from '../reading/decode.ts';
import { onlyFields, textSetting, textsSetting, wholeSetting } from '../settings.ts';
import { captureIndexUrl, captureRequests, waybackHost } from './captures.ts';

const indexPrefix = `https://${waybackHost}/cdx/`;
const archivePrefix = `https://${waybackHost}/web/`;
const day = /^\d{4}-\d{2}-\d{2}$/;

/**
 * A connector that reads as well what the Internet Archive has of its pages, by a setting `history`: `addresses` of items,
 * `from` and `to` (YYYY-MM-DD), and `minimumDays` between two captures (90 by default). With it nothing else is asked for
 * that the settings do not name, so that a backfill is a source, or a run, of its own. `idIn` tells the plugin of an
 * address.
 */
export function withHistory(connector: Connector, idIn: (address: string) => string | null): Connector {
  return {
    ...connector,
    hosts: (settings) => {
      const { history, rest } = split(settings);
      if (history === null) return connector.hosts(rest);
      return [...(Object.keys(rest).length === 0 ? [] : connector.hosts(rest)), waybackHost];
    },
    start: (settings) => {
      const { history, rest } = split(settings);
      if (history === null) return connector.start(rest);
      const requests = indexRequests(history, idIn);
      return Object.keys(rest).length === 0 ? requests : [...connector.start(rest), ...requests];
    },
    read(page) {
      if (page.request.url.startsWith(indexPrefix)) return readIndex(page);
      if (page.request.archivedAt !== undefined && page.request.url.startsWith(archivePrefix)) requireCapture(page);
      return connector.read(page);
    },
  };
}

function split({ history, ...rest }: ConnectorSettings): {
  readonly history: ConnectorSettings | null;
  readonly rest: ConnectorSettings;
} {
  if (history === undefined || history === null) return { history: null, rest };
  if (typeof history !== 'object' || Array.isArray(history)) throw new ConnectorSettingsError('history: no object.');
  return { history: { ...history }, rest };
}

function indexRequests(history: ConnectorSettings, idIn: (address: string) => string | null): readonly CrawlRequest[] {
  try {
    onlyFields(history, ['addresses', 'from', 'to', 'minimumDays']);
    const from = textSetting(history, 'from', day);
    const to = textSetting(history, 'to', day);
    const range = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
    const minimumDays = wholeSetting(history, 'minimumDays', { min: 1, max: 3_650, otherwise: 90 });
    return textsSetting(history, 'addresses', /^https?:\/\/[^\s]{1,1000}$/).map((address) => {
      const externalId = idIn(address);
      if (externalId === null)
        throw new ConnectorSettingsError(`addresses: ${address.slice(0, 60)} is none of an item.`);
      const url = captureIndexUrl(address, range);
      return { key: `${url}#days=${minimumDays}`, kind: 'index', method: 'GET', url, externalId };
    });
  } catch (error) {
    if (error instanceof ConnectorSettingsError) throw new ConnectorSettingsError(`history: ${error.message}`);
    throw error;
  }
}

/**
 * What the archive answers instead of a capture is its own word, not the page of then: that it lacks it (404), or may not show it (403),
 * does not say that the plugin was gone; and where it leads to another capture, that one is of another day.
 */
function requireCapture({ status, url, request }: Page): void {
  if (status !== 200) throw new UnreadablePage(`The archive answered with status ${status}.`);
  const time = (address: string) => new RegExp(`^${archivePrefix}(\\d{14})`).exec(address)?.[1];
  if (time(url) !== time(request.url)) throw new UnreadablePage('The archive answered with a capture of another time.');
}

function readIndex(page: Page): PageReading {
  if (page.status !== 200) throw new UnreadablePage(`The archive answered with status ${page.status}.`);
  const { externalId, key } = page.request;
  const minimumDays = Number(/#days=(\d{1,4})$/.exec(key)?.[1] ?? 90);
  const requests = captureRequests(pageText(page), {
    minimumDays,
    ...(externalId === undefined ? {} : { externalId }),
  });
  const asOf = page.fetchedAt.toISOString();
  return { requests: requests.filter(({ archivedAt = '' }) => archivedAt <= asOf), plugins: [] };
}
