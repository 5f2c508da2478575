import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const corpus = path.join(process.env.GRANARY_CORPUS ?? path.resolve(root, '../shared/data'), 'marketplace');

/** The files of a folder of the corpus of real pages; none, and a line that says so, where the corpus is not at hand. */
export function corpusFiles(folder: string): readonly string[] {
  const directory = path.join(corpus, folder);
  if (existsSync(directory)) return readdirSync(directory).sort();
  console.warn(`no real pages at ${directory}: their tests are skipped (GRANARY_CORPUS names another place)`);
  return [];
}

export function corpusFile(folder: string, name: string): Uint8Array {
  return readFileSync(path.join(corpus, folder, name));
}
