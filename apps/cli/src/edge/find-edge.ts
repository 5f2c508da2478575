import type { GranaryClient, OutputOf } from '@granary/client';
import { CommandFailure } from '../output/failure.ts';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export type Edge = OutputOf<'edges.list'>['items'][number];

/** By name or id. Throws CommandFailure. */
export async function findEdge(client: GranaryClient, nameOrId: string): Promise<Edge> {
  if (uuid.test(nameOrId)) return client.edges.get({ edgeId: nameOrId });
  const [found] = (await client.edges.list({ name: nameOrId })).items;
  if (!found) throw new CommandFailure(`there is no edge ${JSON.stringify(nameOrId)} that you may see`);
  return found;
}
