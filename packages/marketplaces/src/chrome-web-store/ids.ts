const id = '[a-p]{32}';

export const idPattern = new RegExp(`^${id}$`);

/** The id in an item's address (of the store, of the former one, or of an archive's capture of either) or in the name of a file. */
export function idInUrl(url: string): string | null {
  return new RegExp(`/(?:detail/(?:[^/?#]{1,300}/)?|)(${id})(?=$|[/?#.-])`).exec(url.slice(0, 2048))?.[1] ?? null;
}
