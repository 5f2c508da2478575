import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { MigrationError } from './errors.ts';
import { readMigrations } from './read-migrations.ts';

/**
 * Writes an empty migration that comes after every other, `<UTC time>_<name>.sql`, and returns its path.
 * `name` says what it does; blanks and dashes become underscores. Throws MigrationError for any other character.
 */
export async function newMigration(directory: string, name: string, now = new Date()): Promise<string> {
  const slug = name
    .trim()
    .toLowerCase()
    .replace(/[\s-]+/g, '_');
  if (!/^[a-z][a-z0-9_]*$/.test(slug))
    throw new MigrationError(`a migration's name has letters, digits and _: ${name}`);
  const last = (await readMigrations(directory)).at(-1)?.version ?? '';
  const clock = now.toISOString().replace(/\D/g, '').slice(0, 14);
  // a colleague's clock may be ahead, and a file that sorts before an applied one would be refused
  const version = clock > last ? clock : secondAfter(last);
  const file = path.join(directory, `${version}_${slug}.sql`);
  await writeFile(file, `-- ${slug.replaceAll('_', ' ')}: why it is needed.\n\n`, { flag: 'wx' });
  return file;
}

function secondAfter(version: string): string {
  const time = version.replace(/^(....)(..)(..)(..)(..)(..)$/, '$1-$2-$3T$4:$5:$6Z');
  const next = new Date(Date.parse(time) + 1000);
  if (Number.isNaN(next.getTime())) return String(BigInt(version) + 1n); // versions made by hand need not be times
  return next.toISOString().replace(/\D/g, '').slice(0, 14);
}
