import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ensureLogins } from '../logins/ensure-logins.ts';
import { preflight } from '../logins/preflight.ts';
import { grantedPrivileges } from '../logins/privileges.gen.ts';
import { readPrivileges } from '../logins/privileges.ts';
import { hasPostgres15, startPostgres15 } from '../testing/debian-server.ts';
import { startOwnServer } from '../testing/own-server.ts';
import { inDatabase } from '../testing/server.ts';
import { withClient } from '../with-client.ts';
import { applyShim, assertSupported, hasSupabaseParts, prepareDatabase } from './prepare-database.ts';
import { migrationsDirectory, readMigrations } from './read-migrations.ts';
import { withScratchDatabase } from './scratch-database.ts';

interface PlainServer {
  readonly superuser: string;
  remove(): Promise<void>;
}

const start17 = async (): Promise<PlainServer> => {
  const { server, remove } = await startOwnServer();
  return { superuser: server.url('supabase_admin', 'postgres'), remove };
};
const start15 = async (): Promise<PlainServer> => {
  const { url, remove } = await startPostgres15();
  return { superuser: url('postgres'), remove };
};
const versions = (await readMigrations(migrationsDirectory)).map(({ version }) => version);

test('a server older than 15 is refused by name', () => {
  expect(() => assertSupported({ number: 140_012, version: '14.12 (Debian)' })).toThrow(
    'PostgreSQL 15 or later is needed; this server is 14.12 (Debian)',
  );
});

describe.for([
  ['PostgreSQL 17', start17, true],
  ['PostgreSQL 15', start15, hasPostgres15()],
] as const)('%s without Supabase', ([name, start, present]) => {
  describe.runIf(present)('is prepared', () => {
    let server: PlainServer;
    beforeAll(async () => {
      server = await start();
    });
    afterAll(() => server.remove());
    const admin = (sql: string, database = 'postgres') =>
      withClient(inDatabase(server.superuser, database), (client) => client.query(sql));
    const ownerUrl = (user: string, database: string) => {
      const url = new URL(inDatabase(server.superuser, database));
      [url.username, url.password] = [user, 'secret'];
      return url.href;
    };

    test('for an owner who lacks privileges: each is named, and what the error says to run is enough', async () => {
      await admin("create role modest login password 'secret'");
      await admin('create database lacking');
      await admin('create role anon'); // somebody else's, which the owner may not grant
      const url = ownerUrl('modest', 'lacking');
      const error = await prepareDatabase({ url }).catch(String);
      for (const privilege of [
        'ownership of the database lacking',
        'ownership of the schema public',
        'BYPASSRLS',
        'CREATEROLE',
      ]) {
        expect(error).toContain(privilege);
      }
      expect(String(error).includes('ADMIN OPTION on anon')).toBe(name === 'PostgreSQL 17');
      expect(String(error).includes('the right to create granary_worker')).toBe(name === 'PostgreSQL 15');
      expect(await withClient(url, hasSupabaseParts)).toBe(false);

      for (const remedy of String(error).split('\n').slice(1)) await admin(remedy, 'lacking');
      expect(await prepareDatabase({ url })).toEqual(versions);
      expect(await prepareDatabase({ url })).toEqual([]);
      const { rows } = await withClient(url, (client) =>
        client.query('select rolsuper from pg_roles where rolname = current_user'),
      );
      expect(rows).toEqual([{ rolsuper: false }]);
    });

    test('for a superuser, whatever its name is, with the grants of the generated list', async () => {
      await admin('create database plain');
      const url = inDatabase(server.superuser, 'plain');
      expect(await prepareDatabase({ url })).toEqual(versions);
      const roles = ['authenticated', 'granary_member', 'granary_api', 'granary_identity', 'granary_worker'];
      expect(await withClient(url, (client) => readPrivileges(client, roles))).toEqual(grantedPrivileges);
    });

    test('for an owner whose administrator applies the shim', async () => {
      await admin("create role owner login createdb createrole bypassrls password 'secret'");
      await admin('create database helped');
      const url = ownerUrl('owner', 'helped');
      expect(await prepareDatabase({ url, administratorUrl: inDatabase(server.superuser, 'helped') })).toEqual(
        versions,
      );
      const { rows } = await admin(`select distinct tableowner from pg_tables where schemaname = 'public'`, 'helped');
      expect(rows).toEqual([{ tableowner: 'owner' }]);
    });

    test('so that the logins can serve', async () => {
      const logins = await ensureLogins(inDatabase(server.superuser, 'plain'));
      await preflight(logins.api, 'api');
      await preflight(logins.identity, 'identity');
      await preflight(logins.worker, 'worker');
    });

    test('also when two databases of one server are prepared at the same time', async () => {
      const names = ['twin_a', 'twin_b', 'twin_c'];
      for (const database of names) await admin(`create database ${database}`);
      const prepared = await Promise.all(
        names.map((database) => prepareDatabase({ url: inDatabase(server.superuser, database) })),
      );
      expect(prepared).toEqual([versions, versions, versions]);
    });

    test('with a shim that can be applied again and grants nothing by default', async () => {
      await withClient(inDatabase(server.superuser, 'plain'), async (client) => {
        await applyShim(client, new URL(server.superuser).username);
        const { rows } = await client.query(
          `select has_schema_privilege('public', 'public', 'usage') as usage, has_schema_privilege('anon', 'public', 'create') as create`,
        );
        expect(rows).toEqual([{ usage: false, create: false }]);
      });
    });

    test('and a scratch database is gone after its use', async () => {
      const name = await withScratchDatabase({ url: server.superuser }, async (url) => {
        expect(
          await withClient(url, async (client) => (await client.query('select 1 from public.users')).rowCount),
        ).toBe(0);
        return new URL(url).pathname.slice(1);
      });
      expect((await admin(`select from pg_database where datname = '${name}'`)).rowCount).toBe(0);
    });

    test('auth.uid() is null without claims, also after a transaction that had some', async () => {
      await withClient(inDatabase(server.superuser, 'plain'), async (client) => {
        const uid = async () => (await client.query('select auth.uid() as uid')).rows[0].uid;
        expect(await uid()).toBeNull();
        const subject = '00000000-0000-4000-8000-000000000001';
        await client.query(`begin; select set_config('request.jwt.claims', '{"sub":"${subject}"}', true)`);
        expect(await uid()).toBe(subject);
        await client.query('commit'); // the setting is now '' and not null: hence the nullif
        expect(await uid()).toBeNull();
      });
    });
  });
});
