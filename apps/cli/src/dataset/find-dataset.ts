import type { GranaryClient } from '@granary/client';
import { CommandFailure } from '../output/failure.ts';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The id of the dataset that an argument means: by id, or by the name of one that the key reads. Throws CommandFailure. */
export async function findDataset(client: GranaryClient, idOrName: string): Promise<string> {
  if (uuid.test(idOrName)) return idOrName;
  const { items } = await client.datasets.list({ name: idOrName });
  const [found, ...others] = items;
  if (!found) throw new CommandFailure(`there is no dataset ${JSON.stringify(idOrName)} that this key reads`);
  if (others.length > 0) {
    const ids = items.map(({ id }) => id).join(', ');
    throw new CommandFailure(`several datasets are called ${JSON.stringify(idOrName)}; give an id: ${ids}`);
  }
  return found.id;
}
