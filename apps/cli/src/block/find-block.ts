import type { GranaryClient, OutputOf } from '@granary/client';
import { CommandFailure } from '../output/failure.ts';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export type Block = OutputOf<'blocks.list'>['items'][number];

/** By name or id. Throws CommandFailure. */
export async function findBlock(client: GranaryClient, nameOrId: string): Promise<Block> {
  if (uuid.test(nameOrId)) return client.blocks.get({ blockId: nameOrId });
  const [found] = (await client.blocks.list({ name: nameOrId })).items;
  if (!found) throw new CommandFailure(`there is no block ${JSON.stringify(nameOrId)} that you may see`);
  return found;
}
