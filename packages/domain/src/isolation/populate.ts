import { randomBytes } from 'node:crypto';
import { createDatabase, type Database, type Member } from '@granary/db';
import type { TestDatabase, TestOrganization } from '@granary/db/testing';
import type pg from 'pg';
import type { Action } from '../actions/define-action.ts';
import { type ActionDependencies, executeAction } from '../actions/execute-action.ts';
import { createApiKey } from '../api-keys/create-api-key.ts';
import { createBlock } from '../blocks/create-block.ts';
import { CatalogueMemory } from '../datasets/catalogue-memory.ts';
import { createDataset } from '../datasets/create-dataset.ts';
import { startReplay } from '../datasets/quarantine/start-replay.ts';
import { shareDataset } from '../datasets/share-dataset.ts';
import { addDependencyToBlock } from '../dependencies/add-to-block.ts';
import { createEdge } from '../edges/create-edge.ts';
import { verifyEdge } from '../edges/verify-edge.ts';
import { keyContext } from '../encryption/key-context.ts';
import { MasterKeys } from '../encryption/master-keys.ts';
import { startExport } from '../exports/start-export.ts';
import { Flags } from '../flags/flags.ts';
import { Passwords } from '../identity/passwords/passwords.ts';
import type { IdentityServices } from '../identity/services.ts';
import { Throttle } from '../identity/throttle.ts';
import { uuidv7 } from '../ids/uuidv7.ts';
import { createPipeline } from '../pipelines/create-pipeline.ts';
import { launchRun } from '../runs/launch-run.ts';
import { createCategory } from '../taxonomy/create-category.ts';
import { publishVersion } from '../testing/publish-version.ts';
import { createTodo } from '../todos/create-todo.ts';
import { beginUpload } from '../uploads/begin-upload.ts';
import { finishUpload } from '../uploads/finish-upload.ts';
import { createWebhook } from '../webhooks/create-webhook.ts';
import { testWebhook } from '../webhooks/test-webhook.ts';
import { populatePlugins } from './populate-plugins.ts';
import { populateSource } from './populate-source.ts';

/** The ids of one organization's things, by the names that actions use for them. */
export type VictimIds = Readonly<
  Record<
    | 'datasetId'
    | 'versionId'
    | 'uploadId'
    | 'openUploadId'
    | 'keyId'
    | 'encryptionKeyId'
    | 'shareId'
    | 'userId'
    | 'roleId'
    | 'exportId'
    | 'sessionId'
    | 'organizationId'
    | 'invitationId'
    | 'successorId'
    | 'replayId'
    | 'pluginId'
    | 'watchListId'
    | 'noteId'
    | 'companyId'
    | 'todoId'
    | 'sourceId'
    | 'sourceRunId'
    | 'alarmId'
    | 'captureId'
    | 'proposalId'
    | 'blockId'
    | 'edgeId'
    | 'verificationId'
    | 'pipelineId'
    | 'runId'
    | 'categoryId'
    | 'dependencyId'
    | 'webhookId'
    | 'deliveryId'
    | 'notificationId'
    | 'repositoryId'
    | 'imageId',
    string
  >
>;

export function dependenciesOf(database: TestDatabase) {
  const masterKeys = MasterKeys.parse(randomBytes(32).toString('base64'));
  return {
    database: createDatabase(database.pool('granary_api'), { prepared: true }),
    catalogue: new CatalogueMemory(),
    masterKeys,
    identity: { ...identityOf(createDatabase(database.pool('granary_identity'), { prepared: true })), masterKeys },
  };
}

/** Sessions of an hour. */
export const identityOf = (database: Database): IdentityServices => ({
  database,
  passwords: new Passwords(),
  throttle: new Throttle(database),
  lifetime: { idleSeconds: 3600, absoluteSeconds: 7200, renewAfterSeconds: 900 },
  graceDays: 30,
  flags: new Flags(database),
  masterKeys: MasterKeys.parse(randomBytes(32).toString('base64')),
});

/** Gives an organization a row in every table that holds anything of a tenant. */
export async function populate(
  owner: pg.Pool,
  dependencies: ActionDependencies,
  organization: TestOrganization,
  editor: Member = organization.as.editor,
): Promise<VictimIds> {
  const begin = async () =>
    beginUpload.output.parse(
      await executeAction(dependencies, beginUpload, editor, { fileName: 'secret.csv', bytes: 3 }),
    ).id;
  const uploadId = await begin();
  await finishUpload(dependencies.database, editor, uploadId, 'a'.repeat(64));
  const created = createDataset.output.parse(
    await executeAction(dependencies, createDataset, editor, { name: 'secret', uploadId }), // with its load in the queue
  );
  const datasetId = created.dataset.id;
  const { versionId } = await publishVersion(
    owner,
    { ...editor, datasetId },
    { columns: [{ name: 'secret', type: 'text' }], rows: [['hidden']] },
  );
  await owner.query(
    `insert into quarantined_rows (tenant_id, dataset_id, version_id, number, line, byte_offset, raw, reason) values ($1, $2, $3, 1, 1, 0, 'secret', 'short')`,
    [editor.tenantId, datasetId, versionId],
  );
  const inserts = [
    `update dataset_versions set change_count = 1 where tenant_id = $1 and dataset_id = $2 and id = $3`,
    `insert into dataset_change_sets (tenant_id, dataset_id, version_id, number, kind, updated, created_by) values ($1, $2, $3, 1, 'rows', 1, $4)`,
    `insert into dataset_row_changes (tenant_id, dataset_id, version_id, change_set, rowid, before) values ($1, $2, $3, 1, 1, '{"secret": "hidden"}')`,
    `insert into dataset_aliases (tenant_id, dataset_id, name, version_id, moved_by) values ($1, $2, 'secret', $3, $4)`,
    `insert into dataset_indexes (tenant_id, dataset_id, column_name, created_by) select $1, $2, 'secret', $4 from dataset_versions where id = $3`,
    `insert into dataset_alias_moves (tenant_id, dataset_id, name, version_number, moved_by) select $1, $2, 'secret', number, $4 from dataset_versions where id = $3`,
    `insert into quarantine_reviews (tenant_id, dataset_id, version_id, number, revision, state, correction, corrected_by, corrected_at) values ($1, $2, $3, 1, 1, 'open', 'hidden', $4, now())`,
    `insert into dataset_statistics (tenant_id, dataset_id, version_id, position, as_of, statistics) values ($1, $2, $3, 0, 0, '{"rows": 1, "nulls": 0, "distinct": null, "min": "hidden", "max": null, "mean": null, "stddev": null, "quantiles": null, "top": null, "topApproximate": false, "histogram": null, "lengths": null, "nonFinite": null}')`,
  ];
  for (const insert of inserts)
    await owner.query(
      insert,
      [editor.tenantId, datasetId, versionId, editor.userId].slice(0, insert.includes('$4') ? 4 : 3),
    );
  const pseudonymous = createDataset.output.parse(
    await executeAction(dependencies, createDataset, editor, { name: 'secret people', identifiers: ['secret'] }),
  );
  await executeAction(dependencies, beginUpload, editor, {
    fileName: 'secret people.csv',
    bytes: 3,
    datasetId: pseudonymous.dataset.id,
  });
  const keys = await owner.query<{ id: string }>('select id from encryption_keys where dataset_id = $1', [
    pseudonymous.dataset.id,
  ]);
  const started = startExport.output.parse(
    await executeAction(dependencies, startExport, editor, { datasetId, format: 'csv' }),
  );
  await owner.query(
    `insert into feature_flags (codename, label) values ('FF_POPULATED', 'hidden') on conflict do nothing`,
  );
  await owner.query(
    `insert into identity.flag_targets (codename, tenant_id, is_on) values ('FF_POPULATED', $1, true) on conflict do nothing`,
    [editor.tenantId],
  );
  await owner.query(
    `insert into entitlement_overrides (tenant_id, entitlement, value, reason) values ($1, 'sources', 7, 'hidden')`,
    [editor.tenantId],
  );
  await owner.query(`insert into doomed_objects (tenant_id, sha256, bytes) values ($1, repeat('d', 64), 1)`, [
    editor.tenantId,
  ]);
  for (const insert of [
    `insert into audit_heads (tenant_id) values ($1)`,
    `insert into audit_chain (tenant_id, sequence, event_id, previous_hash, canonical, hash) values ($1, 1, app.uuidv7(), sha256(''), 'secret', sha256('secret'))`,
    `insert into audit_checkpoints (tenant_id, sequence, made_at, key_id, document) values ($1, 1, now(), 'secret', 'secret')`,
  ])
    await owner.query(insert, [editor.tenantId]);
  await owner.query(`insert into doomed_vectors (vector_db, namespace, vector_key) values ('pinecone', $1, 'secret')`, [
    editor.tenantId,
  ]);
  const models = await owner.query<{ id: string }>(`select app.choose_embedding_model('populated', 'once') as id`);
  const passages = await owner.query<{ id: string }>(
    `insert into search_passages (tenant_id, source_id, position, begins_at, title, text, language, lexemes, digest)
     select tenant_id, id, 0, 0, 'secret', 'hidden', 'simple', to_tsvector('simple', 'secret hidden'), repeat('e', 64)
     from search_sources where tenant_id = $1 and dataset_id = $2 returning id`,
    [editor.tenantId, datasetId],
  );
  await owner.query(
    `insert into passage_vectors (tenant_id, source_id, passage_id, model_id, vector_db, vector_key, bits, vector)
     select tenant_id, source_id, id, $3, 'postgres', id, app.sign_bits('{1,0}'), '{1,0}' from search_passages where tenant_id = $1 and id = $2`,
    [editor.tenantId, passages.rows[0]!.id, models.rows[0]!.id],
  );
  const source = await populateSource(owner, editor);
  const facts = await populatePlugins(owner, editor);
  const replayed = startReplay.output.parse(
    await executeAction(dependencies, startReplay, editor, { datasetId, version: 2 }),
  );
  const todo = createTodo.output.parse(
    await executeAction(dependencies, createTodo, editor, {
      title: 'secret',
      notes: 'hidden',
      entityType: 'dataset',
      entityId: datasetId,
    }),
  );
  const catalogued = await populateCatalogue(owner, dependencies, editor, datasetId);
  const { webhook } = createWebhook.output.parse(
    await executeAction(dependencies, createWebhook, organization.as.admin, { url: 'https://hooks.example/' }),
  );
  const { deliveryId } = testWebhook.output.parse(
    await executeAction(dependencies, testWebhook, organization.as.admin, { webhookId: webhook.id }),
  );
  await owner.query(
    `insert into webhook_attempts (tenant_id, delivery_id, number, started_at, duration_ms, error) values ($1, $2, 1, now(), 1, 'hidden')`,
    [editor.tenantId, deliveryId],
  );
  const notificationId = await tell(owner, editor, datasetId);
  const repositoryId = await populateCode(owner, editor, catalogued.blockId);
  const imageId = await populateImages(owner, editor, repositoryId, dependencies.masterKeys);
  const share = shareDataset.output.parse(
    await executeAction(dependencies, shareDataset, editor, { datasetId, userId: organization.as.viewer.userId }),
  );
  const { key } = createApiKey.output.parse(
    await executeAction(dependencies, createApiKey, editor, { name: 'secret', scopes: ['dataset:read'] }),
  );
  const sessions = await owner.query<{ id: string }>(
    `insert into identity.sessions (user_id, name, expires_at, absolute_expires_at)
     values ($1, 'secret', now() + interval '1 hour', now() + interval '1 hour') returning id`,
    [editor.userId],
  );
  const invitations = await owner.query<{ id: string }>(
    `insert into invitations (tenant_id, email, role_id, invited_by, expires_at) values ($1::uuid, 'guest@' || $1::text || '.example', $2, $3, now() + interval '1 day') returning id`,
    [editor.tenantId, organization.roleIds.viewer, editor.userId],
  );
  return {
    invitationId: invitations.rows[0]!.id,
    successorId: organization.as.admin.userId,
    sessionId: sessions.rows[0]!.id,
    organizationId: editor.tenantId,
    datasetId,
    versionId,
    exportId: started.id,
    replayId: replayed.id,
    ...facts,
    todoId: todo.id,
    ...source,
    ...catalogued,
    webhookId: webhook.id,
    deliveryId,
    notificationId,
    repositoryId,
    imageId,
    uploadId,
    openUploadId: await begin(),
    keyId: key.id,
    encryptionKeyId: keys.rows[0]!.id,
    shareId: share.id,
    userId: organization.as.viewer.userId,
    roleId: organization.roleIds.editor ?? '',
  };
}

/** A block of the dataset, and an edge that reads it, with all that hangs on them. */
async function populateCatalogue(owner: pg.Pool, dependencies: ActionDependencies, editor: Member, datasetId: string) {
  const { tenantId, userId } = editor;
  const run = (action: Action, input: unknown) => executeAction(dependencies, action, editor, input);
  const block = createBlock.output.parse(
    await run(createBlock, { name: 'secret', description: 'hidden', blockType: 'dataset', datasetId }),
  );
  const secret = [{ name: 'secret', columns: [{ name: 'secret', type: 'text' }] }];
  const edge = createEdge.output.parse(
    await run(createEdge, {
      name: 'secret',
      inputs: secret,
      outputs: secret,
      implementation: { kind: 'sql', sql: 'select secret from secret' },
      bindings: [{ direction: 'input', port: 'secret', blockId: block.id, blockPort: 'rows' }],
    }),
  );
  const verification = verifyEdge.output.parse(await run(verifyEdge, { edgeId: edge.id, version: 1 }));
  // a version beside the current one, so that one can go back to it, and a name on that
  for (const kind of ['block', 'edge'] as const)
    for (const statement of [
      `insert into ${kind}_versions select (jsonb_populate_record(v, jsonb_build_object('id', app.uuidv7(), 'number', 2))).* from ${kind}_versions v
         where v.tenant_id = $1 and v.${kind}_id = $2 and $3::uuid is not null`,
      `insert into ${kind}_aliases (tenant_id, ${kind}_id, name, version_id, moved_by) select $1, $2, 'secret', id, $3 from ${kind}_versions where ${kind}_id = $2 and number = 1`,
      `insert into ${kind}_alias_moves (tenant_id, ${kind}_id, name, version_number, moved_by) values ($1, $2, 'secret', 1, $3)`,
    ])
      await owner.query(statement, [tenantId, kind === 'block' ? block.id : edge.id, userId]);
  const category = createCategory.output.parse(await run(createCategory, { name: `of ${tenantId}` }));
  const dependency = addDependencyToBlock.output.parse(
    await run(addDependencyToBlock, { blockId: block.id, target: { kind: 'doi', ref: '10.1000/secret' } }),
  );
  await owner.query(`insert into block_taxonomies (tenant_id, block_id, category_id) values ($1, $2, $3)`, [
    tenantId,
    block.id,
    category.id,
  ]);
  await owner.query(`insert into edge_taxonomies (tenant_id, edge_id, category_id) values ($1, $2, $3)`, [
    tenantId,
    edge.id,
    category.id,
  ]);
  const pipeline = await populatePipelines(owner, dependencies, editor, {
    blockId: block.id,
    edgeId: edge.id,
    verificationId: verification.id,
  });
  return {
    ...pipeline,
    blockId: block.id,
    edgeId: edge.id,
    verificationId: verification.id,
    categoryId: category.id,
    dependencyId: dependency.id,
  };
}

/** A pipeline of the edge with a run that goes on, its logs, and what an earlier run made. */
async function populatePipelines(
  owner: pg.Pool,
  dependencies: ActionDependencies,
  editor: Member,
  { blockId, edgeId, verificationId }: { blockId: string; edgeId: string; verificationId: string },
) {
  const run = (action: Action, input: unknown) => executeAction(dependencies, action, editor, input);
  const target = createDataset.output.parse(await run(createDataset, { name: 'secret result' })).dataset.id;
  const pipeline = createPipeline.output.parse(
    await run(createPipeline, {
      name: 'secret',
      steps: [{ name: 'secret', edgeId, version: 1, inputs: { secret: { blockId } }, output: { datasetId: target } }],
    }),
  );
  // verified for as long as the launch takes: its own verification stays as it was
  await owner.query(
    `insert into edge_verifications (tenant_id, edge_id, edge_version_id, requested_by, status, verified_by, verified_at)
     select r.tenant_id, r.edge_id, r.edge_version_id, r.requested_by, 'passed', r.requested_by, now() from edge_verifications r where r.id = $1`,
    [verificationId],
  );
  const { id: runId } = launchRun.output.parse(await run(launchRun, { pipelineId: pipeline.id, launchKey: 'secret' }));
  for (const statement of [
    `insert into run_logs (tenant_id, pipeline_id, run_id, step, number, level, message) select tenant_id, pipeline_id, run_id, name, position, 'info', 'hidden' from run_steps where run_id = $1`,
    `insert into dataset_version_lineage (tenant_id, dataset_id, version_id, port, edge_id, edge_version_id, pipeline_id, run_id, step)
       select s.tenant_id, v.dataset_id, v.id, 'secret', s.edge_id, s.edge_version_id, s.pipeline_id, s.run_id, s.name
       from run_steps s, jsonb_array_elements(s.inputs) i join dataset_versions v on v.id = (i ->> 'versionId')::uuid where s.run_id = $1`,
  ])
    await owner.query(statement, [runId]);
  return { pipelineId: pipeline.id, runId };
}

/** Something of the dataset for the owner's inbox and their digest, and a choice of theirs. */
async function tell(owner: pg.Pool, { tenantId, userId }: Member, datasetId: string): Promise<string> {
  await owner.query(
    `insert into notification_preferences (tenant_id, user_id, type, inbox, mail) values ($1, $2, 'todo.due', true, 'off')`,
    [tenantId, userId],
  );
  await owner.query(
    `insert into notification_digests (tenant_id, user_id, digest, ended_on) values ($1, $2, 'daily', '2026-01-01')`,
    [tenantId, userId],
  );
  const emitted = await owner.query(
    `select app.emit_event($1, 'dataset.loaded', 'dataset', $2, jsonb_build_object('requestedBy', $3::text)) as id`,
    [tenantId, datasetId, userId],
  );
  await owner.query('select app.fan_out_event($1)', [emitted.rows[0].id]);
  const { rows } = await owner.query<{ id: string }>(
    'select id from notifications where tenant_id = $1 and event_id = $2 and user_id = $3',
    [tenantId, emitted.rows[0].id, userId],
  );
  return rows[0]!.id;
}

/** A repository of the block, seen once, and a version that is pinned to what was seen. */
async function populateCode(owner: pg.Pool, { tenantId, userId }: Member, blockId: string): Promise<string> {
  const { rows } = await owner.query<{ id: string }>(
    `insert into code_repositories (tenant_id, block_id, repo_url, branch, head_commit, created_by)
     values ($1, $2, 'https://git.example/secret.git', 'hidden', repeat('a', 40), $3) returning id`,
    [tenantId, blockId, userId],
  );
  await owner.query(
    `with seen as (insert into code_commits (tenant_id, repository_id, commit_id) values ($1, $2, repeat('a', 40)))
     insert into code_pins (tenant_id, repository_id, commit_id, block_version_id, pinned_by)
     select tenant_id, $2, repeat('a', 40), id, $4 from block_versions where tenant_id = $1 and block_id = $3`,
    [tenantId, rows[0]!.id, blockId, userId],
  );
  return rows[0]!.id;
}

/** An image of the repository with a line of its log, and a report of it with what that was signed with. */
async function populateImages(
  owner: pg.Pool,
  { tenantId, userId }: Member,
  repositoryId: string,
  masterKeys: MasterKeys | undefined,
): Promise<string> {
  const { rows } = await owner.query<{ id: string }>(
    `insert into images (tenant_id, block_id, repository_id, commit_id, origin, image_tag, registry_url, dockerfile, build_status, digest,
       requested_by, finished_at, updated_at)
     select tenant_id, block_id, id, repeat('a', 40), 'built', 'hidden', 'registry.example/secret', 'Dockerfile', 'success',
       'sha256:' || repeat('a', 64), $3, now(), now() - interval '1 hour' from code_repositories where tenant_id = $1 and id = $2 returning id`,
    [tenantId, repositoryId, userId],
  );
  const imageId = rows[0]!.id;
  const secretId = uuidv7();
  const secret = masterKeys?.wrap(randomBytes(32), keyContext.imageSecret(tenantId, repositoryId, secretId));
  await owner.query(
    `with signing as (insert into image_report_secrets (tenant_id, repository_id, id, wrapped) values ($1, $2, $4, $5)),
       logged as (insert into image_logs (tenant_id, image_id, number, message) values ($1, $3, 1, 'hidden'))
     insert into image_reports (tenant_id, repository_id, message_id, image_id) values ($1, $2, 'hidden', $3)`,
    [tenantId, repositoryId, imageId, secretId, secret ?? 'hidden'],
  );
  return imageId;
}
