export const idPattern = /^[a-p]{32}$/;

const itemAddress = /\/detail\/(?:[^/?#]{1,300}\/)?([a-p]{32})(?=$|[/?#])/;
/** "aaaa….json", "2025-02-26-aaaa….html" */
const fileName = /\/(?:[^/?#]{0,100}[-_])?([a-p]{32})(?:[-.][^/?#]{0,100})?$/;

/**
 * The id in an item's address (of the store, of the former one, or of an archive's capture of either) or in the name of a
 * file.
 */
export function idInUrl(url: string): string | null {
  const address = url.slice(0, 2048);
  return itemAddress.exec(address)?.[1] ?? fileName.exec(address)?.[1] ?? null;
}
