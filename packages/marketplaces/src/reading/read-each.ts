import { type ReadPlugin, UnreadablePage } from '../connector.ts';

/** No marketplace lists more than 250 on a page. */
const maxEntries = 1_000;

/**
 * The plugins of a list. Throws UnreadablePage where most of its entries cannot be read: that is another shape, not a list
 * of little.
 */
export function readEach(
  entries: readonly unknown[],
  read: (entry: unknown) => ReadPlugin | null,
): readonly ReadPlugin[] {
  if (entries.length > maxEntries) throw new UnreadablePage(`It lists more than ${maxEntries} plugins.`);
  const plugins = entries.map(read).filter((plugin) => plugin !== null);
  if (plugins.length * 2 < entries.length)
    throw new UnreadablePage(`Of ${entries.length} entries only ${plugins.length} can be read.`);
  return plugins;
}
