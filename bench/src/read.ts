import { claimsOf, createPool, readAsUser } from '@granary/db';
import {
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresDialect,
  PostgresIntrospector,
  PostgresQueryCompiler,
} from 'kysely';
import { median, paired, throughput } from './measure.ts';
import { makeSampleDataset, sampleColumns } from './sample-dataset.ts';
import { withScratch } from './scratch.ts';

const rows = 100_000;
type Tables = Record<string, Record<string, unknown>>;

/** One row by its key, and a page of 20, through the tenant session against the owner's same query without policies. */
export const read = () =>
  withScratch(async ({ owner, api, logins }) => {
    const { identity, table } = await makeSampleDataset(owner, rows);
    const bare = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: owner }) });
    const builder = new Kysely<Tables>({
      dialect: {
        createAdapter: () => new PostgresAdapter(),
        createDriver: () => new DummyDriver(),
        createIntrospector: (db) => new PostgresIntrospector(db),
        createQueryCompiler: () => new PostgresQueryCompiler(),
      },
    });
    // what the policies cost by themselves: connections that are the user for good, as none may be in production
    const forGood = createPool(logins.api, { poolSize: 8 });
    const clients = await Promise.all(Array.from({ length: 8 }, () => forGood.connect()));
    for (const client of clients) {
      await client.query(
        `select set_config('request.jwt.claims', $1, false), set_config('role', 'granary_member', false)`,
        [claimsOf(identity)],
      );
      client.release();
    }
    const underPolicies = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: forGood }) });

    const names = sampleColumns.map(({ name }) => name);
    let next = 0;
    const random = () => {
      next = (next * 48_271 + 11) % rows;
      return next + 1;
    };
    const byKey = (db: Kysely<Tables>) => db.selectFrom(`data.${table}`).select(names).where('rowid', '=', random());
    const page = (db: Kysely<Tables>) =>
      db.selectFrom(`data.${table}`).select(names).where('rowid', '>', random()).orderBy('rowid').limit(20);
    const session = () => readAsUser(api, identity, 'dataset:read');

    const rates = await throughput({
      keyBare: () => byKey(bare).execute(),
      keyPolicies: () => byKey(underPolicies).execute(),
      keySession: () => session().rows(byKey(builder)),
      pageBare: () => page(bare).execute(),
      pagePolicies: () => page(underPolicies).execute(),
      pageSession: () => session().rows(page(builder)),
    });
    await forGood.end();
    const key = paired(rates.keySession, rates.keyBare);
    const pages = paired(rates.pageSession, rates.pageBare);
    const worse = key.ratio <= pages.ratio ? key : pages;
    return {
      ...worse,
      key,
      page: pages,
      ceiling: {
        key: paired(rates.keyPolicies, rates.keyBare).ratio,
        page: paired(rates.pagePolicies, rates.pageBare).ratio,
      },
      perSecond: { keyBare: Math.round(median(rates.keyBare)), keySession: Math.round(median(rates.keySession)) },
      sizes: { rows, pageRows: 20, connections: 8 },
      target: 0.6,
    };
  });
