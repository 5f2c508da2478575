import type pg from 'pg';
import { isEdited, readHistory } from './history.ts';
import { readMigrations } from './read-migrations.ts';

export interface MigrationStatus {
  readonly version: string;
  readonly name: string;
  /**
   * `edited`: the file was changed after it was applied. `no file`: applied, but the folder lacks it. `out of order`: not
   * applied although a later one is. `migrate` refuses while any of the three is there.
   */
  readonly state: 'applied' | 'pending' | 'edited' | 'no file' | 'out of order';
}

/** Every migration of the folder and of the database's history, in order. Changes nothing. */
export async function migrationStatus(client: pg.ClientBase, directory: string): Promise<MigrationStatus[]> {
  const files = await readMigrations(directory);
  const history = await readHistory(client);
  const applied = new Map(history.map((row) => [row.version, row]));
  const latest = history.at(-1)?.version ?? '';
  const ofFiles = files.map((file): MigrationStatus => {
    const row = applied.get(file.version);
    const { version, name } = file;
    if (row) return { version, name, state: isEdited(file, row) ? 'edited' : 'applied' };
    return { version, name, state: version < latest ? 'out of order' : 'pending' };
  });
  const known = new Set(files.map(({ version }) => version));
  const orphans = history
    .filter(({ version }) => !known.has(version))
    .map(({ version, name }): MigrationStatus => ({ version, name: name ?? '', state: 'no file' }));
  return [...ofFiles, ...orphans].sort((a, b) => (a.version < b.version ? -1 : 1));
}
