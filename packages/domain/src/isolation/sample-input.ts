import { z } from 'zod';
import type { Action } from '../actions/define-action.ts';
import { uuidv7 } from '../ids/uuidv7.ts';
import type { VictimIds } from './populate.ts';

/** A role of no organization: the one of the victim is tried by its id. */
const nobodysRole = uuidv7();

const byName: Readonly<Record<string, unknown>> = {
  fileName: 'intruder.csv',
  bytes: 1,
  plan: 'free',
  entitlement: 'rows',
  value: 1,
  format: 'csv',
  scopes: ['dataset:read'],
  identifiers: ['secret'],
  rowId: 1,
  version: 2, // that of populate, which is current
  from: 2,
  to: 2,
  revision: 1,
  number: 1,
  set: { secret: 'stolen' },
  rows: [{ secret: 'stolen' }],
  changes: [{ op: 'delete', rowId: 1, revision: 1 }],
  columnName: 'secret',
  columns: [{ name: 'intruder' }],
  updates: { secret: 'intruder' },
  column: 'secret',
  login: 'nobody@intruder.example',
  email: 'nobody@intruder.example',
  password: 'an intruder’s long password',
  currentPassword: 'an intruder’s long password',
  newPassword: 'an intruder’s other password',
  token: 'never a token',
  code: '000000',
  active: true,
  enabled: true,
  codename: 'FF_ENABLE_REGISTRATION',
  percentage: 50,
  on: true,
  accept: true,
  permission: 'dataset:read',
  permissions: ['dataset:read'],
  roleIds: [nobodysRole],
  corrections: [{ number: 1, text: 'stolen' }],
  quarantined: [{ number: 1 }],
  reason: 'stolen',
  branch: 'main',
  title: 'stolen',
  connector: 'firefox-addons',
  q: 'secret',
  externalId: 'theirs',
  body: 'stolen',
  tags: ['stolen'],
  entityType: 'dataset',
  blockType: 'dataset',
  inputs: [{ name: 'stolen', columns: [] }],
  outputs: [{ name: 'stolen', columns: [] }],
  implementation: { kind: 'sql', sql: 'stolen' },
  target: { kind: 'doi', ref: '10.1000/stolen' },
  decision: 'approved',
  approval: false,
  categories: [],
  vocabulary: '',
  url: 'https://intruder.example/',
  tag: 'stolen',
  id: 'stolen',
  timestamp: '0',
  signature: 'v1,stolen',
  isOpen: true,
};

/**
 * An input that an action accepts: every field that names a thing gets the id of that name, required ones and optional
 * ones alike; other required fields get a sample. Throws for a required field that it has no sample for, so that a new
 * action cannot go untried.
 */
export function sampleInput(action: Action, ids: VictimIds): Record<string, unknown> {
  const schema = z
    .object({ properties: z.record(z.string(), z.unknown()).default({}), required: z.array(z.string()).default([]) })
    .parse(z.toJSONSchema(action.input, { io: 'input', unrepresentable: 'any' }));
  const known: Record<string, unknown> = {
    ...ids,
    runId: runOf(action.name, ids),
    entityId: ids.datasetId,
    actorId: ids.userId,
    requestId: 'intruder',
    assigneeId: ids.userId,
    ownerId: ids.userId,
    parentId: null,
    // of an edge that may be somebody else's, into nothing
    steps: [{ name: 'intruder', edgeId: ids.edgeId, output: { datasetId: ids.datasetId } }],
    schedule: { cron: '0 6 * * *' },
    intoCategoryId: ids.categoryId,
    toCategoryId: ids.categoryId,
    notificationIds: [ids.notificationId],
    type: 'dataset.loaded',
    tableName: ids.datasetId,
    pluginIds: [ids.pluginId, ids.pluginId],
    name: `intruder-${uuidv7()}`,
    ...byName,
  };
  const entries = Object.keys(schema.properties).flatMap((field) => {
    if (field === 'roleId' && 'userId' in schema.properties) return []; // one or the other
    if (/Id$/.test(field) || field === 'entityType' || schema.required.includes(field)) {
      if (!(field in known)) throw new Error(`${action.name}: no sample for ${field}`);
      return [[field, known[field]] as const];
    }
    return [];
  });
  return Object.fromEntries(entries);
}

/** A run is a pipeline's, or a source's where the action or path is about sources. */
export const runOf = (where: string, ids: VictimIds): string =>
  /\bsources\b/.test(where) ? ids.sourceRunId : ids.runId;

/** Ids that never existed. */
export const nobodysIds = (): VictimIds => ({
  datasetId: uuidv7(),
  versionId: uuidv7(),
  exportId: uuidv7(),
  replayId: uuidv7(),
  uploadId: uuidv7(),
  openUploadId: uuidv7(),
  keyId: uuidv7(),
  encryptionKeyId: uuidv7(),
  shareId: uuidv7(),
  userId: uuidv7(),
  roleId: uuidv7(),
  sessionId: uuidv7(),
  organizationId: uuidv7(),
  invitationId: uuidv7(),
  successorId: uuidv7(),
  pluginId: uuidv7(),
  watchListId: uuidv7(),
  noteId: uuidv7(),
  companyId: uuidv7(),
  todoId: uuidv7(),
  sourceId: uuidv7(),
  sourceRunId: uuidv7(),
  alarmId: uuidv7(),
  captureId: uuidv7(),
  proposalId: uuidv7(),
  blockId: uuidv7(),
  edgeId: uuidv7(),
  verificationId: uuidv7(),
  pipelineId: uuidv7(),
  runId: uuidv7(),
  categoryId: uuidv7(),
  dependencyId: uuidv7(),
  repositoryId: uuidv7(),
  imageId: uuidv7(),
  webhookId: uuidv7(),
  deliveryId: uuidv7(),
  notificationId: uuidv7(),
});
