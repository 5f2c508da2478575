export { type Permission, permissions } from './access/permissions.ts';
export type { Action, ActionKind, RestRoute } from './actions/define-action.ts';
export { type ActionDependencies, executeAction, requireMember } from './actions/execute-action.ts';
export { executeAsOperator, type OperatorsAction } from './actions/execute-as-operator.ts';
export { actions } from './actions/registry.ts';
export { KeyAuthenticator, type KeyOwner } from './api-keys/authenticate-key.ts';
export { makeKey, parseKey } from './api-keys/key-format.ts';
export { AuditKeys } from './audit/audit-keys.ts';
export { auditEnvironment } from './audit/audit-settings.ts';
export { beginAuditExport, exportAuditEvents } from './audit/export-audit-events.ts';
export { followAuditEvents } from './audit/follow-audit-events.ts';
export { type CheckpointOptions, makeCheckpoints } from './audit/make-checkpoints.ts';
export { retainEvents } from './audit/retain-events.ts';
export { sealChains } from './audit/seal-chains.ts';
export { listChains } from './audit/verify/list-chains.ts';
export type { BrokenLink, ChainReport } from './audit/verify/report.ts';
export { type VerifyOptions, verifyChain } from './audit/verify/verify-chain.ts';
export { CatalogueMemory } from './datasets/catalogue-memory.ts';
export { type ColumnType, columnTypes } from './datasets/column-types.ts';
export { describeDataset } from './datasets/describe-dataset.ts';
export { beginExport, exportRows, type RowsExport } from './datasets/export-rows.ts';
export { getLoad } from './datasets/get-load.ts';
export { openOriginal } from './datasets/open-original.ts';
export {
  beginQuarantineExport,
  exportQuarantine,
  quarantineColumns,
} from './datasets/quarantine/export-quarantine.ts';
export { type ReplayRequest, replayRequest } from './datasets/quarantine/schema.ts';
export { queryRows } from './datasets/query-rows.ts';
export { type ReadingOptions, readingOptions } from './datasets/reading-options.ts';
export type { CellValue } from './datasets/row-values.ts';
export { planRows, type RowsPlan, selectByRowids } from './datasets/rows-query.ts';
export {
  columnType,
  type DeliveryMode,
  deliveryMode,
  type Load,
  type NewColumns,
  newColumns,
} from './datasets/schema.ts';
export { applyRetention } from './datasets/versions/apply-retention.ts';
export { externalReference } from './dependencies/external-reference.ts';
export { implementationOf } from './edges/edge-query.ts';
export { type Implementation, implementation } from './edges/schema.ts';
export {
  type Expectations,
  expectations,
  type ResolvedInput,
  resolvedInput,
  type VerificationLimits,
  verificationLimits,
} from './edges/verification-schema.ts';
export { fileCipher } from './encryption/file-cipher.ts';
export { type FileKeys, unwrapFileKeys } from './encryption/file-keys.ts';
export { keyContext } from './encryption/key-context.ts';
export { MasterKeys } from './encryption/master-keys.ts';
export { masterKeysSetting } from './encryption/master-keys-setting.ts';
export { newFileKey } from './encryption/new-file-key.ts';
export { type EncryptionDependencies, openFileKeys, openUploadKeys } from './encryption/open-sealed-file.ts';
export { pseudonymOf } from './encryption/pseudonym.ts';
export {
  openCorrection,
  openRowText,
  type RowTextKind,
  sealRowText,
} from './encryption/sealed-text.ts';
export { limits, type Plan, plans } from './entitlements/plans.ts';
export { RequestAllowance } from './entitlements/request-allowance.ts';
export { DomainError, type ErrorDetails, type ErrorKind, errorKinds } from './errors/domain-error.ts';
export { parseInput } from './errors/parse-input.ts';
export { toDomainError } from './errors/to-domain-error.ts';
export { csvHeader, csvLines, withoutFormula } from './exports/csv-lines.ts';
export { jsonLines } from './exports/json-lines.ts';
export { openExport } from './exports/open-export.ts';
export { readOnce } from './exports/read-once.ts';
export {
  csvOptions,
  type ExportFormat,
  type ExportManifest,
  type ExportRequest,
  exportFormat,
  exportManifest,
  exportRequest,
} from './exports/schema.ts';
export { type DeclaredFlags, declaredFlags } from './flags/declared-flags.ts';
export { Flags } from './flags/flags.ts';
export { HeldSession } from './identity/held-session.ts';
export { makeToken } from './identity/opaque-token.ts';
export { Passwords } from './identity/passwords/passwords.ts';
export { type DefaultMembership, type ProvisionedPerson, provisionSubject } from './identity/provision-subject.ts';
export type { IdentityServices, SessionLifetime } from './identity/services.ts';
export { SessionAuthenticator } from './identity/sessions/authenticate-session.ts';
export type { SupabaseAuth, SupabaseCredentials, SupabaseTokens } from './identity/supabase/supabase-auth.ts';
export { SupabaseSessions } from './identity/supabase/supabase-sessions.ts';
export { Throttle } from './identity/throttle.ts';
export { uuidv7 } from './ids/uuidv7.ts';
export { reportImage } from './images/report-image.ts';
export { impactOf } from './impact/impact-of.ts';
export {
  type JobInput,
  type JobName,
  jobEnvelope,
  jobs,
  type SystemJobInput,
  type SystemJobName,
  systemJobs,
} from './jobs/contracts.ts';
export { describeNotice, type Notice } from './notifications/describe-notice.ts';
export { describedEvents, type EventTypeName } from './notifications/events.ts';
export { followNotifications } from './notifications/follow-notifications.ts';
export { planLimit } from './notifications/note-limit.ts';
export { unsubscribe } from './notifications/unsubscribe.ts';
export { claimObject } from './object-store/claim-object.ts';
export {
  type CollectedObject,
  type Collection,
  collectObjects,
  planCollection,
} from './object-store/collect-objects.ts';
export type { ListedObject, ObjectKey, ObjectStore, StoredObject } from './object-store/object-store.ts';
export { removeDoomed } from './object-store/remove-doomed.ts';
export { operatorActions } from './operator/operator-actions.ts';
export { operatorServices } from './operator/operator-services.ts';
export { type ErasureOptions, eraseOrganizations } from './organizations/erase-organizations.ts';
export { openFeedFile } from './plugins/changes/open-feed-file.ts';
export type { LanguageModel, ModelAnswer, Prompt } from './plugins/summaries/language-model.ts';
export { type Described, readAnswer } from './plugins/summaries/read-answer.ts';
export {
  mostTokens,
  promptHash,
  promptVersion,
  type SummarizedPage,
  summaryPrompt,
} from './plugins/summaries/summary-prompt.ts';
export { contentDigest } from './ports/content-digest.ts';
export { misfits } from './ports/misfits.ts';
export { type Port, port } from './ports/schema.ts';
export { launchScheduledRun } from './runs/launch-scheduled-run.ts';
export { runLogs } from './runs/run-logs.ts';
export { isOver, type Run, type RunLog, type RunWithSteps } from './runs/schema.ts';
export { nextRun } from './schedules/next-run.ts';
export { chooseModel } from './search/choose-model.ts';
export type { Embedder, EmbeddingModel } from './search/embedder.ts';
export { enqueueOverdueSources } from './search/enqueue-overdue-sources.ts';
export { type IndexingDependencies, indexSource } from './search/index-source.ts';
export { maintainVectorIndex } from './search/maintain-vector-index.ts';
export { removeDoomedVectors } from './search/remove-doomed-vectors.ts';
export type { SearchServices } from './search/search-services.ts';
export type { NearestQuery, PlacedVector, VectorDatabase } from './search/vector-database.ts';
export { checkSource } from './sources/check-source.ts';
export { getSourceRun } from './sources/get-source-run.ts';
export { importOptions } from './sources/import-pages.ts';
export { openCapture } from './sources/open-capture.ts';
export type { Source, SourceRun } from './sources/schema.ts';
export { type ColumnStatistics, columnStatistics } from './statistics/schema.ts';
export { abortUpload } from './uploads/abort-upload.ts';
export { beginUpload } from './uploads/begin-upload.ts';
export { expireUploads } from './uploads/expire-uploads.ts';
export { finishUpload } from './uploads/finish-upload.ts';
export { getUpload } from './uploads/get-upload.ts';
export { type AttemptResult, finishAttempt } from './webhooks/finish-attempt.ts';
export { forgetDeliveries } from './webhooks/forget-deliveries.ts';
export { type LeasedDelivery, type LeaseLimits, leaseDeliveries } from './webhooks/lease-deliveries.ts';
export { outboundAllowSetting } from './webhooks/outbound-allow-setting.ts';
export { openWebhookSecret, signDelivery } from './webhooks/webhook-secret.ts';
