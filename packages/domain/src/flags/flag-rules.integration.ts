import { createDatabase } from '@granary/db';
import { createTestDatabase } from '@granary/db/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { evaluateFlag } from './evaluate-flag.ts';
import { flagBucket } from './flag-bucket.ts';
import { readStoredFlags } from './stored-flags.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const identity = createDatabase(database.pool('granary_identity'), { prepared: true });

const newId = async (insert: string) => {
  const { rows } = await owner.query<{ id: string }>(`${insert} returning id`);
  return rows[0]!.id;
};
const people = [
  await newId(`insert into users (email) values ('ann@example.org')`),
  await newId(`insert into users (email) values ('bob@example.org')`),
];
const tenants = [
  await newId(`insert into organizations (name) values ('one')`),
  await newId(`insert into organizations (name) values ('two')`),
];

test('where somebody stands in a rollout is the same in the database and here', async () => {
  const ids = fc.sample(fc.uuid(), 500);
  const { rows } = await owner.query<{ bucket: number }>(
    `select app.flag_bucket('FF_SOME_FLAG', id) as bucket from unnest($1::uuid[]) with ordinality as t (id, n) order by n`,
    [ids],
  );
  expect(rows.map(({ bucket }) => bucket)).toEqual(ids.map((id) => flagBucket('FF_SOME_FLAG', id)));
});

test('the database and this process give the same answer for any flag and anybody', async () => {
  const maybe = <T>(values: readonly T[]) => fc.constantFrom(undefined, ...values);
  const flag = fc.record({
    isActive: fc.boolean(),
    rollout: fc.constantFrom(0, 0.01, 25, 33.33, 50, 99.99, 100),
    splitBy: fc.constantFrom('user', 'tenant'),
    expires: fc.constantFrom(null, '-1 hour', '1 hour'),
    person: maybe(people),
    tenant: maybe(tenants),
    isOn: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(flag, { minLength: 1, maxLength: 8 }),
      maybe(people),
      maybe(tenants),
      fc.boolean(),
      async (made, userId, tenantId, coded) => {
        await owner.query('delete from feature_flags');
        for (const [index, { isActive, rollout, splitBy, expires, person, tenant, isOn }] of made.entries()) {
          const codename = `FF_F${index}`;
          await owner.query(
            `insert into feature_flags (codename, is_active, rollout, split_by, expires_at) values ($1, $2, $3, $4, now() + $5::interval)`,
            [codename, isActive, rollout, splitBy, expires],
          );
          const insert = `insert into identity.flag_targets (codename, user_id, tenant_id, is_on) values ($1, $2, $3, $4)`;
          if (person !== undefined) await owner.query(insert, [codename, person, null, isOn]);
          if (tenant !== undefined) await owner.query(insert, [codename, null, tenant, !isOn]);
        }
        const stored = await readStoredFlags(identity, null);
        const { rows } = await owner.query<{ codename: string; is_on: boolean }>(
          `select codename, app.flag_for(codename, $1, $2, $3) as is_on from feature_flags order by codename`,
          [userId ?? null, tenantId ?? null, coded],
        );
        const here = stored!.flags
          .map((each) => ({ codename: each.codename, is_on: evaluateFlag(each, coded, { userId, tenantId }).value }))
          .sort((one, other) => (one.codename < other.codename ? -1 : 1));
        expect(here).toEqual(rows);
      },
    ),
    { numRuns: 40 },
  );
});

test('flags are read again only when one has changed, in whatever way', async () => {
  await owner.query(`delete from feature_flags`);
  await owner.query(`insert into feature_flags (codename) values ('FF_ONE')`);
  const changes = [
    `update feature_flags set is_active = true`,
    `insert into identity.flag_targets (codename, user_id, is_on) values ('FF_ONE', '${people[0]}', true)`,
    `update identity.flag_targets set is_on = false`,
    `delete from identity.flag_targets`,
    `delete from feature_flags`,
  ];
  let known = (await readStoredFlags(identity, null))!.version;
  for (const change of changes) {
    expect(await readStoredFlags(identity, known)).toBeNull();
    await owner.query(change);
    const read = await readStoredFlags(identity, known);
    expect(read, change).not.toBeNull();
    known = read!.version;
  }
});
