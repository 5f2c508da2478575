import { createApiKey } from '../api-keys/create-api-key.ts';
import { listApiKeys } from '../api-keys/list-api-keys.ts';
import { revokeApiKey } from '../api-keys/revoke-api-key.ts';
import { listAuditEvents } from '../audit/list-audit-events.ts';
import { createDataset } from '../datasets/create-dataset.ts';
import { declareIdentifiers } from '../datasets/declare-identifiers.ts';
import { deleteDataset } from '../datasets/delete-dataset.ts';
import { describeDataset } from '../datasets/describe-dataset.ts';
import { getDataset } from '../datasets/get-dataset.ts';
import { getLoad } from '../datasets/get-load.ts';
import { listColumns } from '../datasets/list-columns.ts';
import { listDatasets } from '../datasets/list-datasets.ts';
import { listQuarantine } from '../datasets/list-quarantine.ts';
import { listShares } from '../datasets/list-shares.ts';
import { listVersions } from '../datasets/list-versions.ts';
import { loadDataset } from '../datasets/load-dataset.ts';
import { queryRows } from '../datasets/query-rows.ts';
import { shareDataset } from '../datasets/share-dataset.ts';
import { unshareDataset } from '../datasets/unshare-dataset.ts';
import { destroyEncryptionKey } from '../encryption/destroy-key.ts';
import { listEncryptionKeys } from '../encryption/list-keys.ts';
import { rotateEncryptionKey } from '../encryption/rotate-key.ts';
import { getOrganization } from '../organizations/get-organization.ts';
import { listMembers } from '../organizations/list-members.ts';
import { listRoles } from '../organizations/list-roles.ts';
import { whoAmI } from '../organizations/who-am-i.ts';
import { abortUpload } from '../uploads/abort-upload.ts';
import { beginUpload } from '../uploads/begin-upload.ts';
import { getUpload } from '../uploads/get-upload.ts';

/**
 * Everything a client can do. The tRPC router, the REST routes with their OpenAPI document, the client's types and the
 * tests that try each as an intruder all come from this list.
 */
export const actions = [
  listAuditEvents,
  createDataset,
  declareIdentifiers,
  deleteDataset,
  describeDataset,
  getDataset,
  listColumns,
  listDatasets,
  listQuarantine,
  listShares,
  listVersions,
  loadDataset,
  getLoad,
  queryRows,
  shareDataset,
  unshareDataset,
  destroyEncryptionKey,
  listEncryptionKeys,
  rotateEncryptionKey,
  createApiKey,
  listApiKeys,
  revokeApiKey,
  listMembers,
  getOrganization,
  listRoles,
  whoAmI,
  abortUpload,
  beginUpload,
  getUpload,
] as const;
