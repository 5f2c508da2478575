import { createDatabase } from '@granary/db';
import { createTestDatabase } from '@granary/db/testing';
import { OpenFeature, ProviderEvents } from '@openfeature/server-sdk';
import pg from 'pg';
import { afterAll, expect, test, vi } from 'vitest';
import type { DeclaredFlags } from './declared-flags.ts';
import { FlagProvider } from './flag-provider.ts';
import { Flags } from './flags.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const declared = {
  FF_DECLARED: { default: true, label: 'a test', description: '', visibleTo: 'server' },
} as const satisfies DeclaredFlags;

const flags = new Flags(createDatabase(database.pool('granary_identity'), { prepared: true }), {
  declared,
  pollMilliseconds: 50,
});
await flags.start();
await OpenFeature.setProviderAndWait('ours', new FlagProvider(flags));
const client = OpenFeature.getClient('ours');
afterAll(async () => {
  await flags.stop();
  await OpenFeature.close();
});

const { rows } = await owner.query<{ id: string }>(`insert into users (email) values ('ann@example.org') returning id`);
const ann = rows[0]!.id;
const nobody = '01900000-0000-7000-8000-000000000001';

test('a declared flag without a row is what the code says, not what the caller passes', async () => {
  expect(await client.getBooleanDetails('FF_DECLARED', false)).toMatchObject({ value: true, reason: 'DEFAULT' });
});

test('each reason of the specification that can happen here does', async () => {
  await owner.query(`insert into feature_flags (codename, is_active, rollout) values
    ('FF_STATIC', true, 100), ('FF_OFF', false, 100), ('FF_TARGETED', true, 0), ('FF_SPLIT', true, 50)`);
  await owner.query(`insert into identity.flag_targets (codename, user_id, is_on) values ('FF_TARGETED', $1, true)`, [
    ann,
  ]);
  await flags.refresh();
  const of = async (codename: string, targetingKey = ann) =>
    client.getBooleanDetails(codename, false, { targetingKey });
  await vi.waitFor(async () =>
    expect(await of('FF_STATIC')).toMatchObject({ value: true, reason: 'STATIC', variant: 'on' }),
  );
  expect(await of('FF_OFF')).toMatchObject({ value: false, reason: 'DISABLED' });
  expect(await of('FF_TARGETED')).toMatchObject({ value: true, reason: 'TARGETING_MATCH' });
  expect(await of('FF_TARGETED', ann.toUpperCase())).toMatchObject({ reason: 'TARGETING_MATCH' });
  expect(await of('FF_TARGETED', nobody)).toMatchObject({ value: false, reason: 'DEFAULT' });
  expect(await of('FF_SPLIT')).toMatchObject({ reason: 'SPLIT' });
});

test('what cannot be answered is the caller’s default, with the code of the specification', async () => {
  const failed = (errorCode: string) => ({ value: true, reason: 'ERROR', errorCode });
  expect(await client.getBooleanDetails('FF_NOWHERE', true)).toMatchObject(failed('FLAG_NOT_FOUND'));
  expect(await client.getBooleanDetails('constructor', true)).toMatchObject(failed('FLAG_NOT_FOUND'));
  expect(await client.getBooleanDetails('FF_SPLIT', true)).toMatchObject(failed('TARGETING_KEY_MISSING'));
  for (const context of [
    { userId: 7 },
    { tenantId: 'acme' },
    { targetingKey: `${ann}'--` },
    { userId: { toString: null } },
  ])
    expect(await client.getBooleanDetails('FF_STATIC', true, context as never)).toMatchObject(
      failed('INVALID_CONTEXT'),
    );
  const mismatch = { reason: 'ERROR', errorCode: 'TYPE_MISMATCH' };
  expect(await client.getStringDetails('FF_STATIC', 'x')).toMatchObject({ value: 'x', ...mismatch });
  expect(await client.getNumberDetails('FF_STATIC', 7)).toMatchObject({ value: 7, ...mismatch });
  expect(await client.getObjectDetails('FF_DECLARED', { a: 1 })).toMatchObject({ value: { a: 1 }, ...mismatch });
  expect(await client.getStringDetails('FF_NOWHERE', 'x')).toMatchObject({ errorCode: 'FLAG_NOT_FOUND' });
});

test('a toggle arrives by itself, with an event that names the flag and no other', async () => {
  const changed: unknown[] = [];
  client.addHandler(ProviderEvents.ConfigurationChanged, (event) => void changed.push(event?.flagsChanged));
  await owner.query(`update feature_flags set is_active = true where codename = 'FF_OFF'`);
  await vi.waitFor(async () => expect(await client.getBooleanValue('FF_OFF', false)).toBe(true), { timeout: 300_000 });
  expect(changed).toEqual([['FF_OFF']]);
});

test('a database that cannot be read leaves what was known, as stale, and says so once; then it is current again', async () => {
  const seen: string[] = [];
  client.addHandler(ProviderEvents.Stale, () => void seen.push('stale'));
  await owner.query('revoke execute on function app.flag_snapshot from granary_identity');
  const stale = { value: true, reason: 'STALE' };
  await vi.waitFor(async () => expect(await client.getBooleanDetails('FF_STATIC', false)).toMatchObject(stale), {
    timeout: 300_000,
  });
  await vi.waitFor(() => expect(seen).toEqual(['stale']), { timeout: 300_000 });
  await owner.query('grant execute on function app.flag_snapshot to granary_identity');
  await vi.waitFor(
    async () => expect(await client.getBooleanDetails('FF_STATIC', false)).toMatchObject({ reason: 'STATIC' }),
    { timeout: 300_000 },
  );
});

test('flags that were never read are errors that leave the default', async () => {
  const nowhere = new pg.Pool({ host: '127.0.0.1', port: 1 });
  const unread = new Flags(createDatabase(nowhere, { prepared: false }), { declared });
  expect(unread.evaluate('FF_DECLARED')).toEqual({ value: true, reason: 'ERROR', errorCode: 'PROVIDER_NOT_READY' });
  await expect(OpenFeature.setProviderAndWait('unread', new FlagProvider(unread))).rejects.toThrow();
  expect(await OpenFeature.getClient('unread').getBooleanDetails('FF_DECLARED', false)).toMatchObject({
    value: false,
    reason: 'ERROR',
  });
  await nowhere.end();
});
