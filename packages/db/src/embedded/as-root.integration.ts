import { execFileSync } from 'node:child_process';
import { chmod, lstat, mkdtemp, readFile, realpath, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { withClient } from '../with-client.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './index.ts';

const base = await mkdtemp(path.join(tmpdir(), 'granary-as-root-'));
await chmod(base, 0o755);
afterAll(() => rm(base, { recursive: true }));
const query = (server: EmbeddedPostgres, text: string) =>
  withClient(server.url('supabase_admin', 'postgres'), async (client) => (await client.query(text)).rows);
const uidOf = async (server: EmbeddedPostgres) =>
  /^Uid:\s+(\d+)/m.exec(await readFile(`/proc/${server.pid}/status`, 'utf8'))?.[1];

describe.runIf(process.getuid?.() === 0)('as root', () => {
  test('the server runs as an unprivileged account that owns the data', async () => {
    const server = await startEmbeddedPostgres({ directory: path.join(base, 'postgres'), durable: false });
    expect(await uidOf(server)).toBe('65534');
    expect((await stat(server.dataDirectory)).uid).toBe(65534);
    await server.stop();
  });

  describe('in a private folder', () => {
    const privateFolder = async () => {
      const folder = await mkdtemp(path.join(base, 'private-'));
      await chmod(folder, 0o700);
      return path.join(folder, 'postgres');
    };

    test('the data is kept elsewhere, linked from there, and found again', async () => {
      const inside = await privateFolder();
      const notices: string[] = [];
      const options = { directory: inside, durable: false, onNotice: (text: string) => void notices.push(text) };
      const first = await startEmbeddedPostgres(options);
      const elsewhere = await realpath(inside);
      await query(first, 'create table kept as select 1 as one');
      await first.stop();
      expect((await lstat(inside)).isSymbolicLink()).toBe(true);
      expect(elsewhere).toMatch(/^\/var\/lib\/granary-[0-9a-f]{12}$/);
      expect(notices).toEqual([expect.stringContaining(`the data is in ${elsewhere}, linked from ${inside}`)]);

      const second = await startEmbeddedPostgres(options);
      expect(await query(second, 'select * from kept')).toEqual([{ one: 1 }]);
      expect(notices).toHaveLength(1);
      await second.remove();
      await expect(lstat(elsewhere)).rejects.toThrow('ENOENT');
      await expect(lstat(inside)).rejects.toThrow('ENOENT');
    });

    test('data from before the folder became private moves along', async () => {
      const inside = await privateFolder();
      await chmod(path.dirname(inside), 0o755);
      const first = await startEmbeddedPostgres({ directory: inside, durable: false });
      await query(first, 'create table kept as select 1 as one');
      await first.stop();
      await chmod(path.dirname(inside), 0o700);
      const second = await startEmbeddedPostgres({ directory: inside, durable: false });
      expect(await query(second, 'select * from kept')).toEqual([{ one: 1 }]);
      await second.remove();
    });
  });

  test('data that another user made before is served as that user', async () => {
    const folder = await mkdtemp(path.join(base, 'theirs-'));
    await chmod(folder, 0o755);
    const options = { directory: path.join(folder, 'postgres'), durable: false };
    const first = await startEmbeddedPostgres(options);
    await first.stop();
    execFileSync('chown', ['-R', '2:2', folder]);
    const second = await startEmbeddedPostgres(options);
    expect(await uidOf(second)).toBe('2');
    await second.stop();
  });
});
