import type { GranaryClient, OutputOf } from '@granary/client';
import { CommandFailure } from '../output/failure.ts';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export type Category = OutputOf<'taxonomy.list'>['items'][number];

/** By id, or by a name that only one has. Throws CommandFailure. */
export async function findCategory(client: GranaryClient, nameOrId: string): Promise<Category> {
  const isId = uuid.test(nameOrId);
  const found: Category[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await client.taxonomy.list({ limit: 10_000, cursor, name: isId ? undefined : nameOrId });
    found.push(...page.items.filter(({ id, name }) => (isId ? id === nameOrId.toLowerCase() : name === nameOrId)));
    if (page.nextCursor === null) break;
    cursor = page.nextCursor;
  }
  const [category, ...others] = found;
  if (!category) throw new CommandFailure(`there is no category ${JSON.stringify(nameOrId)}`);
  if (others.length > 0)
    throw new CommandFailure(`several categories have that name; give an id: ${found.map(({ id }) => id).join(', ')}`);
  return category;
}
