import type { GranaryClient } from '@granary/client';
import { CommandFailure } from '../output/failure.ts';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The id of the pipeline that an argument means: by id, or by name. Throws CommandFailure. */
export async function findPipeline(client: GranaryClient, idOrName: string): Promise<string> {
  if (uuid.test(idOrName)) return idOrName;
  const { items } = await client.pipelines.list({ name: idOrName });
  const [found] = items;
  if (!found) throw new CommandFailure(`there is no pipeline ${JSON.stringify(idOrName)} that this key sees`);
  return found.id;
}
