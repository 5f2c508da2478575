import { randomUUID } from 'node:crypto';
import { claimsOf, type Member } from '@granary/db';
import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import { expect, test } from 'vitest';
import type { Action } from '../actions/define-action.ts';
import { executeAction } from '../actions/execute-action.ts';
import { auditReads } from '../datasets/audit-reads.ts';
import { getDataset } from '../datasets/get-dataset.ts';
import { listDatasets } from '../datasets/list-datasets.ts';
import { queryRows } from '../datasets/query-rows.ts';
import { dependenciesOf, populate } from '../isolation/populate.ts';
import { selectFromTable } from '../tables/select-from-table.ts';
import { configureAudit } from './configure-audit.ts';
import { getAuditSettings } from './get-audit-settings.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const dependencies = dependenciesOf(database);

async function makeScene() {
  const organization = await createTestOrganization(owner, 'read');
  const ids = await populate(owner, dependencies, organization);
  return { as: organization.as, datasetId: ids.datasetId };
}

/** Reads, and the events that it left. */
async function read(action: Action, identity: Member, input: object) {
  const requestId = randomUUID();
  const output = await executeAction(dependencies, action, { ...identity, requestId }, input);
  const { rows } = await owner.query(
    'select action, verb, outcome, actor_id, entity_type, entity_id from audit_events where request_id = $1',
    [requestId],
  );
  return { output, events: rows };
}

test('nothing is recorded of reads unless somebody asks for it', async () => {
  const { as, datasetId } = await makeScene();
  expect((await read(queryRows, as.editor, { datasetId })).events).toEqual([]);
});

test('each read of a dataset whose reads are recorded is, by whatever action, with the same answer; of another one none', async () => {
  const { as, datasetId } = await makeScene();
  const { output: before } = await read(queryRows, as.editor, { datasetId });
  await executeAction(dependencies, auditReads, as.editor, { datasetId, enabled: true });
  const event = { verb: 'READ', outcome: 'done', actor_id: as.editor.userId };
  const ofDataset = { ...event, entity_type: 'dataset', entity_id: datasetId };
  const rows = await read(queryRows, as.editor, { datasetId });
  expect(rows.events).toEqual([{ ...ofDataset, action: 'datasets.rows' }]);
  expect(rows.output).toEqual(before);
  expect((await read(getDataset, as.editor, { datasetId })).events).toEqual([{ ...ofDataset, action: 'datasets.get' }]);
  expect((await read(selectFromTable, as.editor, { tableName: datasetId })).events).toMatchObject([
    { ...event, action: 'tables.select' },
  ]);
  expect((await read(listDatasets, as.editor, {})).events).toEqual([]);
  const { output: settings } = await read(getAuditSettings, as.owner, {});
  expect(settings).toEqual({ reads: false, retentionDays: null, datasetIds: [] }); // not theirs to read

  await executeAction(dependencies, auditReads, as.editor, { datasetId, enabled: false });
  expect((await read(queryRows, as.editor, { datasetId })).events).toEqual([]);
});

test('an organization can have every read recorded', async () => {
  const { as, datasetId } = await makeScene();
  await executeAction(dependencies, configureAudit, as.owner, { reads: true, retentionDays: 365 });
  expect((await read(listDatasets, as.editor, {})).events).toMatchObject([
    { action: 'datasets.list', entity_id: null },
  ]);
  expect((await read(queryRows, as.editor, { datasetId })).events).toMatchObject([
    { action: 'datasets.rows', entity_id: datasetId },
  ]);
  expect((await read(getAuditSettings, as.owner, {})).output).toEqual({
    reads: true,
    retentionDays: 365,
    datasetIds: [],
  });
  await executeAction(dependencies, configureAudit, as.owner, { retentionDays: null });
  expect((await read(getAuditSettings, as.owner, {})).output).toMatchObject({ reads: true, retentionDays: null });
});

test('no answer leaves where its event cannot be written', async () => {
  const { as, datasetId } = await makeScene();
  await executeAction(dependencies, auditReads, as.editor, { datasetId, enabled: true });
  await owner.query(
    `create function boom() returns trigger language plpgsql as 'begin raise exception ''disk full''; end'`,
  );
  await owner.query('create trigger boom before insert on audit_events for each row execute function boom()');
  await expect(executeAction(dependencies, queryRows, as.editor, { datasetId })).rejects.toThrow('disk full');
  await owner.query('drop trigger boom on audit_events');
});

test('who may not administer a dataset does not decide about its reads, and to a stranger there is none', async () => {
  const { as, datasetId } = await makeScene();
  const decide = (identity: Member) => executeAction(dependencies, auditReads, identity, { datasetId, enabled: true });
  await expect(decide(as.viewer)).rejects.toMatchObject({ kind: 'forbidden' });
  await expect(decide(as.colleague)).rejects.toMatchObject({ kind: 'not_found' });
  const { as: others } = await makeScene();
  await expect(decide(others.editor)).rejects.toMatchObject({ kind: 'not_found' });
});

test('rows whose reads are recorded, and what other tables keep of them, are not read past the API', async () => {
  const { as, datasetId } = await makeScene();
  const { rows: versions } = await owner.query('select current_version_id as id from datasets where id = $1', [
    datasetId,
  ]);
  const table = `data."v_${versions[0].id.replaceAll('-', '')}_p1"`;
  // PostgREST has a login of its own, which becomes authenticated
  const count = async (from: string) => {
    const client = await owner.connect();
    try {
      await client.query('begin');
      await client.query(`select set_config('request.jwt.claims', $1, true)`, [claimsOf(as.editor)]);
      await client.query('set local role authenticated');
      return (await client.query(`select from ${from}`)).rowCount;
    } finally {
      await client.query('rollback');
      client.release();
    }
  };
  const kept = ['dataset_row_changes', 'quarantined_rows', 'quarantine_reviews', 'dataset_statistics'];
  const places = [table, ...kept.map((name) => `public.${name} where dataset_id = '${datasetId}'`)];
  for (const place of places) expect(await count(place), place).toBeGreaterThan(0);
  await executeAction(dependencies, auditReads, as.editor, { datasetId, enabled: true });
  for (const place of places) expect(await count(place), place).toBe(0);
  await executeAction(dependencies, auditReads, as.editor, { datasetId, enabled: false });
  await executeAction(dependencies, configureAudit, as.owner, { reads: true });
  for (const place of places) expect(await count(place), place).toBe(0);
});
