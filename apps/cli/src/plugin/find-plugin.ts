import type { GranaryClient } from '@granary/client';
import { CommandFailure } from '../output/failure.ts';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** By id, as `marketplace/id at the marketplace`, or by words that one plugin alone is called by. Throws CommandFailure. */
export async function findPlugin(client: GranaryClient, wanted: string): Promise<string> {
  if (uuid.test(wanted)) return wanted;
  const slash = wanted.indexOf('/');
  if (slash > 0) {
    const [marketplace, externalId] = [wanted.slice(0, slash), wanted.slice(slash + 1)];
    const { items } = await client.plugins.list({ marketplace, externalId });
    // the organization's own, where it has one, is what it sees beside the public one
    const found = items.find(({ isOwn }) => !isOwn) ?? items[0];
    if (!found) throw new CommandFailure(`no plugin ${wanted} is known`);
    return found.id;
  }
  const { items } = await client.plugins.search({ q: wanted, limit: 10 });
  const named = items.filter(({ name }) => name?.toLowerCase() === wanted.toLowerCase());
  const [found, other] = named.length > 0 ? named : items;
  if (!found) throw new CommandFailure(`no plugin is found by ${JSON.stringify(wanted)}`);
  if (other)
    throw new CommandFailure(
      `several plugins are found by ${JSON.stringify(wanted)}; name one: ${items.map((each) => `${each.marketplace}/${each.externalId}`).join(', ')}`,
    );
  return found.id;
}
