import type { DB } from '@granary/db';
import { connectorOf } from '@granary/marketplaces';
import { type RawBuilder, type Selectable, sql, type Transaction } from 'kysely';
import { z } from 'zod';
import { checkSource } from './check-source.ts';
import { noSuchSource } from './no-such-source.ts';
import * as fields from './schema.ts';
import { selectSources, sourceColumns } from './source-query.ts';

export const newSource = z.strictObject({
  connector: fields.connector,
  name: fields.name,
  settings: fields.settings.default({}),
  crawls: z.boolean().optional().meta({ description: 'What the marketplace’s terms suggest, if you do not say' }),
  cron: fields.cron.nullable().default(null),
  timeZone: fields.timeZone.default('UTC'),
  rate: fields.rate.default(1),
  keepCapturesDays: fields.keepCapturesDays.default(null),
});

export const sourceChanges = z.strictObject({
  sourceId: fields.sourceId,
  revision: fields.revision.optional(),
  name: fields.name.optional(),
  settings: fields.settings.optional(),
  crawls: z.boolean().optional(),
  cron: fields.cron.nullable().optional(),
  timeZone: fields.timeZone.optional(),
  rate: fields.rate.optional(),
  keepCapturesDays: fields.keepCapturesDays.optional(),
});

type Db = Transaction<DB>;

export async function createSourceIn(db: Db, input: z.output<typeof newSource>, byOperator: boolean) {
  const crawls = input.crawls ?? connectorOf(input.connector)?.crawledByDefault ?? true;
  const nextRunAt = checkSource({ ...input, crawls }, byOperator);
  return changedSource(db, sql`app.create_source(${toColumns({ ...input, crawls, nextRunAt })}::jsonb)`);
}

/**
 * What is not named stays as it is, and of the settings `items`: proposals that somebody accepted, besides what else the source asks
 * for. Throws DomainError not_found, conflict or invalid.
 */
export async function updateSourceIn(
  db: Db,
  tenantId: string | null,
  { sourceId, revision, ...given }: z.output<typeof sourceChanges>,
) {
  const before = await selectSources(db, tenantId).where('id', '=', sourceId).executeTakeFirst();
  if (!before) throw noSuchSource();
  const was = fields.source.parse(before);
  const { items } = was.settings;
  const settings =
    given.settings && fields.settings.parse(items === undefined ? given.settings : { items, ...given.settings });
  const changes = { ...given, settings };
  const wanted = {
    connector: was.connector,
    settings: changes.settings ?? was.settings,
    crawls: changes.crawls ?? was.crawls,
    cron: changes.cron === undefined ? was.cron : changes.cron,
    timeZone: changes.timeZone ?? was.timeZone,
  };
  // what an operator allowed stays allowed
  const nextRunAt = checkSource(wanted, tenantId === null || was.crawls);
  const keepsTime = wanted.cron === was.cron && wanted.timeZone === was.timeZone;
  const columns = toColumns(keepsTime ? changes : { ...changes, nextRunAt });
  return changedSource(db, sql`app.update_source(${sourceId}::uuid, ${revision ?? was.revision}, ${columns}::jsonb)`);
}

/** What a command made of a source, from its answer. */
export async function changedSource(db: Db, command: RawBuilder<Selectable<DB['sources']>>) {
  return fields.source.parse(
    await db.selectFrom(command.as('changed')).select(sourceColumns).executeTakeFirstOrThrow(),
  );
}

const columnOf: Readonly<Record<string, string>> = {
  timeZone: 'time_zone',
  nextRunAt: 'next_run_at',
  keepCapturesDays: 'keep_captures_days',
};

const toColumns = (given: Readonly<Record<string, unknown>>): string =>
  JSON.stringify(
    Object.fromEntries(
      Object.entries(given)
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => [columnOf[name] ?? name, value]),
    ),
  );
