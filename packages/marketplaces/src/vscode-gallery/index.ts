import type { Connector } from '../connector.ts';
import { partOf } from '../items.ts';
import { readAnswer } from './answer.ts';
import { startRequests } from './requests.ts';

export interface Gallery {
  readonly name: string;
  readonly label: string;
  readonly host: string;
  readonly endpoint: string;
  /** Of an extension's page. */
  addressOf(publisher: string, extension: string): string;
  /** The publisher and the extension of a page's address. */
  namesIn(url: URL): string | null;
}

/**
 * Two marketplaces with one API: an extension of the same id in both is published twice, so each is a connector of its own.
 */
export const vscodeGallery = galleryConnector({
  name: 'vscode-gallery',
  label: 'Visual Studio Code Marketplace',
  host: 'marketplace.visualstudio.com',
  endpoint: 'https://marketplace.visualstudio.com/_apis/public/gallery/extensionquery',
  addressOf: (publisher, extension) =>
    `https://marketplace.visualstudio.com/items?itemName=${encodeURIComponent(publisher)}.${encodeURIComponent(extension)}`,
  namesIn: (url) => (/^\/items\/?$/.test(url.pathname) ? url.searchParams.get('itemName') : null),
});

export const openVsx = galleryConnector({
  name: 'open-vsx',
  label: 'Open VSX',
  host: 'open-vsx.org',
  endpoint: 'https://open-vsx.org/vscode/gallery/extensionquery',
  addressOf: (publisher, extension) =>
    `https://open-vsx.org/extension/${encodeURIComponent(publisher)}/${encodeURIComponent(extension)}`,
  namesIn: ({ pathname }) =>
    partOf(pathname, /^\/extension\/([^/]{1,100}\/[^/]{1,100})\/?$/)?.replace('/', '.') ?? null,
});

function galleryConnector(gallery: Gallery): Connector {
  return {
    name: gallery.name,
    label: gallery.label,
    parserVersion: 1,
    crawledByDefault: true,
    hosts: () => [gallery.host],
    start: (settings) => startRequests(gallery, settings),
    read: (page) => readAnswer(gallery, page),
    items: {
      setting: 'extensions',
      // the gallery does not tell upper from lower case
      idOf: (url) => (url.hostname === gallery.host ? (gallery.namesIn(url)?.toLowerCase() ?? null) : null),
      addressOf: (id) => gallery.addressOf(id.slice(0, id.indexOf('.')), id.slice(id.indexOf('.') + 1)),
    },
  };
}
