import { claimsOf, type Member } from '@granary/db';
import { createTestDatabase, createTestOrganization, sameForEverybody } from '@granary/db/testing';
import type pg from 'pg';
import { beforeAll, describe, expect, test } from 'vitest';
import { dependenciesOf, populate } from './populate.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const api = database.pool('granary_api');
const dependencies = dependenciesOf(database);
const victim = await createTestOrganization(owner, 'victim');
const stranger = await createTestOrganization(owner, 'stranger');
await populate(owner, dependencies, victim);

interface Table {
  readonly name: string;
  readonly columns: string[];
  /** What says that a row is the victim's. */
  readonly theirs: string;
  /** Belongs to a dataset or to one person: a colleague must not see it either. */
  readonly isPrivate: boolean;
}

/** From the catalogue, so that a new table is tried without anyone remembering. */
async function tablesOfTenants(): Promise<Table[]> {
  const { rows } = await owner.query<{ name: string; columns: string[] }>(
    `
    select format('%I.%I', n.nspname, c.relname) as name, array_agg(a.attname::text order by a.attnum) as columns
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where n.nspname in ('public', 'data') and c.relkind in ('r', 'p') and n.nspname || '.' || c.relname <> all ($1)
    group by 1 order by 1`,
    [sameForEverybody],
  );
  return rows.map(({ name, columns }) => ({
    name,
    columns,
    theirs: theirsOf(name),
    isPrivate:
      columns.some((column) =>
        ['dataset_id', 'dataset_ids', 'block_id', 'edge_id', 'repository_id', 'image_id'].includes(column),
      ) ||
      ['public.datasets', 'public.uploads', 'public.api_keys', 'public.todos', 'public.doomed_vectors'].includes(
        name,
      ) ||
      ['public.search_passages', 'public.passage_vectors'].includes(name) ||
      name.startsWith('public.notification') ||
      name.startsWith('public.audit_') ||
      name.startsWith('data.'),
  }));
}

function theirsOf(table: string): string {
  if (table === 'public.organizations') return `id = '${victim.tenantId}'`;
  if (table === 'public.doomed_vectors') return `namespace = '${victim.tenantId}'`;
  if (table === 'public.users')
    return `id in (${Object.values(victim.as)
      .map(({ userId }) => `'${userId}'`)
      .join(', ')})`;
  return `tenant_id = '${victim.tenantId}'`;
}

const tables = await tablesOfTenants();

type Role = 'granary_member' | 'authenticated';

/** Rows that a statement touched, or 'refused'. Any other error means that the test itself is wrong. */
async function attempt(identity: Member, role: Role, statement: string): Promise<number | 'refused'> {
  const client = await api.connect();
  try {
    await client.query('begin');
    await client.query(`select set_config('request.jwt.claims', $1, true)`, [claimsOf(identity)]);
    // PostgREST's own login becomes authenticated; ours may only become granary_member, which inherits it
    await client.query(role === 'granary_member' ? 'set local role granary_member' : 'set local role authenticated');
    const { rowCount } = await client.query(statement);
    return rowCount ?? 0;
  } catch (error) {
    // 42501: a grant or a policy said no; 428C9: a generated column
    if (error instanceof Error && 'code' in error && ['42501', '428C9'].includes(String(error.code))) return 'refused';
    throw error;
  } finally {
    await client.query('rollback');
    client.release();
  }
}

async function copyOfTheirRow(client: pg.Pool, { name, theirs, columns }: Table, role: Role): Promise<string> {
  const { rows } = await client.query<{ row: object; insertable: string[] }>(
    `select to_jsonb(t) as row, array(select c from unnest($1::text[]) c where has_column_privilege($2, '${name}', c, 'INSERT')) as insertable
     from ${name} t where ${theirs} limit 1`,
    [columns, role],
  );
  const found = rows[0]!;
  // by the columns that the role may write at all, so that the policy decides and not the grant
  const list = (found.insertable.length > 0 ? found.insertable : columns).map((column) => `"${column}"`).join(', ');
  const json = JSON.stringify(found.row).replaceAll("'", "''");
  return `insert into ${name} (${list}) select ${list} from jsonb_populate_record(null::${name}, '${json}')`;
}

beforeAll(async () => {
  for (const { name, theirs } of tables) {
    const { rows } = await owner.query<{ n: number }>(`select count(*)::int as n from ${name} where ${theirs}`);
    expect(rows[0]?.n, `the victim has a row in ${name} to steal`).toBeGreaterThan(0);
  }
});

const intruders = [
  { who: 'an owner of another organization', identity: stranger.as.owner, inside: false },
  {
    who: 'an owner of another organization who claims to be in this one',
    identity: { ...stranger.as.owner, tenantId: victim.tenantId },
    inside: false,
  },
  { who: 'a colleague with the same role', identity: victim.as.colleague, inside: true },
] as const;

describe.each(intruders)('$who', ({ identity, inside }) => {
  describe.each(['granary_member', 'authenticated'] as const)('as %s', (role) => {
    describe.each(tables.filter((table) => table.isPrivate || !inside))('and $name', (table) => {
      test('reads and counts nothing', async () => {
        expect(await attempt(identity, role, `select * from ${table.name} where ${table.theirs}`)).toBeOneOf([
          0,
          'refused',
        ]);
        const counted = await attempt(
          identity,
          role,
          `select from (select count(*) as n from ${table.name} where ${table.theirs}) counted where n > 0`,
        );
        expect(counted).toBeOneOf([0, 'refused']);
      });
      test('updates no column', async () => {
        for (const column of table.columns) {
          const statement = `update ${table.name} set "${column}" = "${column}" where ${table.theirs}`;
          expect(await attempt(identity, role, statement), column).toBeOneOf([0, 'refused']);
        }
      });
      test('deletes nothing', async () => {
        expect(await attempt(identity, role, `delete from ${table.name} where ${table.theirs}`)).toBeOneOf([
          0,
          'refused',
        ]);
      });
      test('inserts no copy of a row of theirs', async () => {
        expect(await attempt(identity, role, await copyOfTheirRow(owner, table, role))).toBe('refused');
      });
    });
  });
});

describe('whoever comes by the side door as authenticated, be it the owner of the data', () => {
  test.each(tables)('can write nothing to $name', async (table) => {
    const { editor } = victim.as;
    for (const column of table.columns) {
      expect(await attempt(editor, 'authenticated', `update ${table.name} set "${column}" = "${column}"`), column).toBe(
        'refused',
      );
    }
    expect(await attempt(editor, 'authenticated', `delete from ${table.name}`)).toBe('refused');
    expect(await attempt(editor, 'authenticated', await copyOfTheirRow(owner, table, 'authenticated'))).toBe('refused');
  });
});

test('the owner of the data sees it: the attempts above could have succeeded', async () => {
  const nobodys = /^public\.(audit_.*|doomed_vectors)$/; // is read by functions alone
  for (const table of tables.filter(({ isPrivate, name }) => isPrivate && !nobodys.test(name))) {
    const withholds = ['public.api_keys', 'public.encryption_keys', 'public.sealed_files'].includes(table.name);
    const columns = withholds ? 'id' : '*'; // hashes and wrapped keys are nobody's to read
    expect(
      await attempt(victim.as.editor, 'granary_member', `select ${columns} from ${table.name} where ${table.theirs}`),
      table.name,
    ).not.toBeOneOf([0, 'refused']);
  }
});

test('a function that nobody may call is refused to everybody', async () => {
  for (const call of [
    `app.create_data_table('${victim.tenantId}', 1, '[]')`,
    `app.finish_data_table('${victim.tenantId}', 1)`,
    `app.create_organization('mine', '${victim.as.editor.userId}')`,
    `app.authenticate_key('${victim.tenantId}', '')`,
    `app.expire_uploads()`,
    `app.storage_used('${victim.tenantId}')`,
  ]) {
    expect(await attempt(victim.as.editor, 'granary_member', `select ${call}`), call).toBe('refused');
  }
  for (const call of [
    `app.audit('x', 'done', 'x', null, '{}')`,
    `app.delete_dataset('${victim.tenantId}')`,
    `app.enqueue('dataset.load', '${victim.tenantId}', '{}')`,
  ]) {
    expect(await attempt(victim.as.editor, 'authenticated', `select ${call}`), call).toBe('refused');
  }
});

test('a new table without protection would have been noticed', async () => {
  await owner.query(
    `create table public.leaky (tenant_id uuid not null, note text); grant select, insert, update, delete on public.leaky to authenticated`,
  );
  await owner.query('insert into public.leaky values ($1, $2)', [victim.tenantId, 'secret']);
  const [leaky] = (await tablesOfTenants()).filter(({ name }) => name === 'public.leaky');
  expect(leaky).toBeDefined();
  expect(await attempt(stranger.as.owner, 'authenticated', `select * from public.leaky where ${leaky?.theirs}`)).toBe(
    1,
  );
  expect(await attempt(stranger.as.owner, 'authenticated', `delete from public.leaky where ${leaky?.theirs}`)).toBe(1);
});
