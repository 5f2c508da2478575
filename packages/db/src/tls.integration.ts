import { execFileSync } from 'node:child_process';
import { chown, stat } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createPool, openPool, type PoolOptions } from './pool.ts';
import { isInstalled } from './testing/is-installed.ts';
import { startOwnServer } from './testing/own-server.ts';
import { withClient } from './with-client.ts';

const hasOpenssl = isInstalled('openssl', 'openssl', 'version');

describe.runIf(hasOpenssl)('GRANARY_DB_TLS', () => {
  let own: Awaited<ReturnType<typeof startOwnServer>>;
  let url = '';
  let tlsCaFile = '';

  beforeAll(async () => {
    own = await startOwnServer();
    url = own.server.url('supabase_admin', 'postgres');
    const directory = path.dirname(own.server.dataDirectory);
    const keyFile = path.join(directory, 'server.key');
    tlsCaFile = path.join(directory, 'server.crt');
    const options = '-x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=granary -addext subjectAltName=IP:127.0.0.1';
    execFileSync('openssl', ['req', ...options.split(' '), '-keyout', keyFile, '-out', tlsCaFile], { stdio: 'pipe' });
    const { uid, gid } = await stat(own.server.dataDirectory);
    await chown(keyFile, uid, gid);
    await withClient(url, async (client) => {
      await client.query(`alter system set ssl_cert_file = '${tlsCaFile}'`);
      await client.query(`alter system set ssl_key_file = '${keyFile}'`);
      await client.query('alter system set ssl = on');
      await client.query('select pg_reload_conf()');
    });
    await vi.waitFor(() => encrypted({ tls: 'require' }), { timeout: 300_000 }); // rejects until the setting is in force
  });

  afterAll(() => own.remove());

  async function encrypted(options: PoolOptions, at = url): Promise<boolean> {
    const pool = createPool(at, { poolSize: 1, ...options });
    try {
      const { rows } = await pool.query<{ ssl: boolean }>('select ssl from pg_stat_ssl where pid = pg_backend_pid()');
      return rows[0]?.ssl ?? false;
    } finally {
      await pool.end();
    }
  }

  test('verify-full takes a certificate of the given authority for the host that was asked for', async () => {
    expect(await encrypted({ tls: 'verify-full', tlsCaFile })).toBe(true);
    await expect(encrypted({ tls: 'verify-full', tlsCaFile }, url.replace('127.0.0.1', 'localhost'))).rejects.toThrow(
      'altnames',
    );
  });

  test('verify-full refuses a certificate of an unknown authority', async () => {
    await expect(encrypted({ tls: 'verify-full' })).rejects.toThrow('self-signed certificate');
  });

  test('what is set replaces what the URL says; `url` leaves it', async () => {
    expect(await encrypted({ tls: 'off' }, `${url}?sslmode=require`)).toBe(false);
    expect(await encrypted({ tls: 'require' }, `${url}?sslmode=disable`)).toBe(true);
    expect(await encrypted({ tls: 'url' }, `${url}?sslmode=no-verify`)).toBe(true);
    expect(await encrypted({ tls: 'url' })).toBe(false);
  });

  test('a server that has no TLS is refused, not used in clear', async () => {
    const plain = await startOwnServer();
    await expect(encrypted({ tls: 'require' }, plain.server.url('postgres', 'postgres'))).rejects.toThrow(
      'does not support SSL',
    );
    await plain.remove();
  });

  test('openPool looks at the server through TLS as well', async () => {
    await expect(openPool(url, { tls: 'verify-full' })).rejects.toThrow('self-signed certificate');
    const { pool } = await openPool(url, { tls: 'verify-full', tlsCaFile });
    await pool.end();
  });
});
