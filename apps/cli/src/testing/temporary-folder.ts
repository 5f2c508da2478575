import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';

/** Takes what is to be done when a test (or, with afterAll, a file's last one) is over. */
export type Afterwards = (work: () => Promise<void>) => void;

/** An empty folder that every account may enter, gone afterwards. */
export async function temporaryFolder(afterwards: Afterwards = onTestFinished): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'granary-cli-'));
  await chmod(folder, 0o755);
  afterwards(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
