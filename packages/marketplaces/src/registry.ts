import { chromeWebStore } from './chrome-web-store/index.ts';
import type { Connector } from './connector.ts';
import { firefoxAddons } from './firefox-addons/index.ts';
import { generic } from './generic/index.ts';
import { googleWorkspace } from './google-workspace/index.ts';
import { withItems } from './items.ts';
import { openVsx, vscodeGallery } from './vscode-gallery/index.ts';
import { wordpressPlugins } from './wordpress-plugins/index.ts';

/** Every marketplace that is known. A new one is a folder and a line here. */
export const connectors = registry([
  chromeWebStore,
  googleWorkspace,
  firefoxAddons,
  wordpressPlugins,
  vscodeGallery,
  openVsx,
  generic,
]);

export interface ConnectorRegistry {
  readonly all: readonly Connector[];
  /** Undefined where no connector has the name. */
  of(name: string): Connector | undefined;
}

/** Throws where two have the same name, since a name is what sources and facts refer to. */
export function registry(given: readonly Connector[]): ConnectorRegistry {
  const all = given.map(withItems);
  const byName = new Map(all.map((connector) => [connector.name, connector]));
  if (byName.size < all.length) throw new Error('Two connectors have the same name.');
  return { all, of: (name) => byName.get(name) };
}

export function connectorOf(name: string): Connector | undefined {
  return connectors.of(name);
}
