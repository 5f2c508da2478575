interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
}

const longestPage = 1000;

/** So many items at most, page by page. */
export async function upTo<Item>(
  limit: number,
  ask: (page: { readonly limit: number; readonly cursor: string | undefined }) => Promise<Page<Item>>,
): Promise<Item[]> {
  const found: Item[] = [];
  for (let cursor: string | undefined; found.length < limit; ) {
    const page = await ask({ limit: Math.min(longestPage, limit - found.length), cursor });
    found.push(...page.items);
    if (page.nextCursor === null) break;
    cursor = page.nextCursor;
  }
  return found;
}
