import { readFile } from 'node:fs/promises';
import { withClient } from '@granary/db';
import { CommandFailure } from '../output/failure.ts';

/** Runs a seed as the database's owner, all of it or nothing. Throws CommandFailure that names the line. */
export async function loadSeed(url: string, file: string): Promise<void> {
  const sql = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new CommandFailure(`${file} cannot be read`, { cause });
  });
  await withClient(url, async (client) => {
    await client.query('begin');
    try {
      await client.query(sql);
      await tellNobody(client);
      const { command } = await client.query('commit');
      if (command !== 'COMMIT') throw new Error('the transaction was rolled back');
    } catch (error) {
      await client.query('rollback');
      throw new CommandFailure(`${file}${place(sql, error)}: ${error instanceof Error ? error.message : error}`, {
        cause: error,
      });
    }
  });
}

/** What a seed writes has happened elsewhere: the events of it, some of which are written at the end, are taken back. */
async function tellNobody(client: Parameters<Parameters<typeof withClient>[1]>[0]): Promise<void> {
  await client.query('set constraints all immediate');
  await client.query('delete from public.outbox_events where xmin = pg_current_xact_id()::xid');
}

/** PostgreSQL counts characters from 1 in the text that it was sent. */
function place(sql: string, error: unknown): string {
  const position = typeof error === 'object' && error !== null ? Number(Reflect.get(error, 'position')) : Number.NaN;
  return Number.isNaN(position) ? '' : `:${[...sql].slice(0, position).join('').split('\n').length}`;
}
