import path from 'node:path';
import { createGranaryClient, type GranaryClient } from '@granary/client';
import type { Command } from 'commander';
import type { Environment } from '../env.ts';
import { readPrivateJson } from '../files/private-json.ts';
import { CommandFailure } from '../output/failure.ts';
import { demoFile } from '../samples/demo-file.ts';

export interface ConnectionFlags {
  readonly url?: string;
  readonly key?: string;
}

export function addConnectionOptions(command: Command): Command {
  return command
    .option('--url <url>', 'where the API is (default: GRANARY_API_URL, else where `npm start` listens)')
    .option('--key <key>', 'API key (default: GRANARY_API_KEY, else that of the demo; other users see arguments)');
}

/** Where the API is, by flags, environment or the last `granary start`. */
export async function apiUrlOf(
  { apiUrl, home }: Pick<Environment, 'apiUrl' | 'home'>,
  flags: ConnectionFlags,
): Promise<string> {
  return flags.url ?? apiUrl ?? (await readDemo(home))?.url ?? 'http://127.0.0.1:4780';
}

const readDemo = (home: string) => readPrivateJson(path.join(home, 'demo.json'), demoFile);

/** The client that flags, environment or the last `granary start` tell of. Throws CommandFailure without a key. */
export async function openClient(
  environment: Pick<Environment, 'apiUrl' | 'apiKey' | 'home'>,
  flags: ConnectionFlags,
): Promise<GranaryClient> {
  const [url, demo] = [await apiUrlOf(environment, flags), await readDemo(environment.home)];
  // the demo's key is for the demo's API: no other server is to see it
  const key = flags.key ?? environment.apiKey ?? (url === demo?.url ? demo.owner.apiKey : undefined);
  if (key === undefined) {
    throw new CommandFailure(
      'no API key: set GRANARY_API_KEY; `granary admin bootstrap` makes one, so does `npm start`',
    );
  }
  return createGranaryClient({ url, auth: { apiKey: key } });
}
