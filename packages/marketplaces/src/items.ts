import { type Connector, type ConnectorSettings, ConnectorSettingsError } from './connector.ts';

/**
 * A connector whose sources have a setting `items` as well: plugins that are asked for one by one, besides whatever else the settings
 * ask for. (Of several marketplaces the setting that lists plugins is instead of a search.)
 */
export function withItems(connector: Connector): Connector {
  const { items: named } = connector;
  if (!named) return connector;
  const split = ({ items, ...rest }: ConnectorSettings) => ({
    rest,
    // an empty list is none, whatever the connector would make of its setting then
    wanted: items === undefined || items === null || isEmpty(items) ? null : { [named.setting]: items },
  });
  return {
    ...connector,
    hosts(settings) {
      const { rest, wanted } = split(settings);
      return [...new Set([...connector.hosts(rest), ...(wanted ? connector.hosts(wanted) : [])])];
    },
    start(settings) {
      const { rest, wanted } = split(settings);
      return wanted ? [...connector.start(rest), ...startItems(connector, wanted)] : connector.start(rest);
    },
  };
}

const isEmpty = (items: unknown) => Array.isArray(items) && items.length === 0;

function startItems(connector: Connector, wanted: ConnectorSettings) {
  try {
    return connector.start(wanted);
  } catch (error) {
    if (error instanceof ConnectorSettingsError) throw new ConnectorSettingsError(`items: ${error.message}`);
    throw error;
  }
}

export interface NamedItem {
  readonly connector: string;
  /** What the source's setting `items` calls it. */
  readonly item: string;
  /** Where everybody finds it: without what the given address said of a visitor. */
  readonly url: string;
}

/**
 * The plugin whose page has this address, by the first of the connectors that knows it; null for a page of none, and for what is
 * no web address. Two addresses of one plugin give one item.
 */
export function itemAt(connectors: readonly Connector[], address: string): NamedItem | null {
  const url = address.length <= 2000 ? URL.parse(address.trim()) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '' || url.port !== '')
    return null;
  if (/^\[|^[\d.]+$/.test(url.hostname)) return null; // a number is no site's name
  for (const { name, items, start } of connectors) {
    const item = items?.idOf(url) ?? null;
    if (items && item !== null && isAccepted(() => start({ [items.setting]: [item] })))
      return { connector: name, item, url: items.addressOf(item) };
  }
  return null;
}

function isAccepted(start: () => unknown): boolean {
  try {
    start();
    return true;
  } catch (error) {
    if (error instanceof ConnectorSettingsError) return false;
    throw error;
  }
}

/** Of a path, decoded; null for one that is none. */
export function partOf(path: string, pattern: RegExp): string | null {
  const found = pattern.exec(path)?.[1];
  if (found === undefined) return null;
  try {
    return decodeURIComponent(found);
  } catch {
    return null;
  }
}
