import { explainAccess } from '../access/explain-access.ts';
import { createApiKey } from '../api-keys/create-api-key.ts';
import { listApiKeys } from '../api-keys/list-api-keys.ts';
import { revokeApiKey } from '../api-keys/revoke-api-key.ts';
import { rotateApiKey } from '../api-keys/rotate-api-key.ts';
import { setKeyActive } from '../api-keys/set-key-active.ts';
import { configureAudit } from '../audit/configure-audit.ts';
import { followAuditEvents } from '../audit/follow-audit-events.ts';
import { getAuditSettings } from '../audit/get-audit-settings.ts';
import { listAuditEvents } from '../audit/list-audit-events.ts';
import { addBlockVersion } from '../blocks/add-block-version.ts';
import { createBlock } from '../blocks/create-block.ts';
import { deleteBlock } from '../blocks/delete-block.ts';
import { getBlock } from '../blocks/get-block.ts';
import { listBlockAliases } from '../blocks/list-block-aliases.ts';
import { listBlockVersions } from '../blocks/list-block-versions.ts';
import { listBlocks } from '../blocks/list-blocks.ts';
import { removeBlockAlias } from '../blocks/remove-block-alias.ts';
import { rollBackBlock } from '../blocks/roll-back-block.ts';
import { setBlockAlias } from '../blocks/set-block-alias.ts';
import { setBlockVersionActive } from '../blocks/set-block-version-active.ts';
import { updateBlock } from '../blocks/update-block.ts';
import { addRepositoryToBlock } from '../code/add-repository-to-block.ts';
import { addRepositoryToEdge } from '../code/add-repository-to-edge.ts';
import { checkRepository } from '../code/check-repository.ts';
import { getRepository } from '../code/get-repository.ts';
import { listRepositories } from '../code/list-repositories.ts';
import { pinVersion } from '../code/pin-version.ts';
import { removeRepository } from '../code/remove-repository.ts';
import { auditReads } from '../datasets/audit-reads.ts';
import { changeRows } from '../datasets/changes/change-rows.ts';
import { copyVersion } from '../datasets/changes/copy-version.ts';
import { deleteRow } from '../datasets/changes/delete-row.ts';
import { getChange } from '../datasets/changes/get-change.ts';
import { getRow } from '../datasets/changes/get-row.ts';
import { insertRows } from '../datasets/changes/insert-rows.ts';
import { listChanges } from '../datasets/changes/list-changes.ts';
import { revertChange } from '../datasets/changes/revert-change.ts';
import { rowHistory } from '../datasets/changes/row-history.ts';
import { updateRow } from '../datasets/changes/update-row.ts';
import { createDataset } from '../datasets/create-dataset.ts';
import { declareIdentifiers } from '../datasets/declare-identifiers.ts';
import { declareIndex } from '../datasets/declare-index.ts';
import { deleteDataset } from '../datasets/delete-dataset.ts';
import { describeDataset } from '../datasets/describe-dataset.ts';
import { diffVersions } from '../datasets/diff/diff-versions.ts';
import { getDataset } from '../datasets/get-dataset.ts';
import { getLoad } from '../datasets/get-load.ts';
import { listColumns } from '../datasets/list-columns.ts';
import { listDatasets } from '../datasets/list-datasets.ts';
import { listIndexes } from '../datasets/list-indexes.ts';
import { listShares } from '../datasets/list-shares.ts';
import { listVersions } from '../datasets/list-versions.ts';
import { loadDataset } from '../datasets/load-dataset.ts';
import { correctQuarantine } from '../datasets/quarantine/correct-rows.ts';
import { dismissQuarantine } from '../datasets/quarantine/dismiss-rows.ts';
import { getReplay } from '../datasets/quarantine/get-replay.ts';
import { listQuarantine } from '../datasets/quarantine/list-quarantine.ts';
import { reopenQuarantine } from '../datasets/quarantine/reopen-rows.ts';
import { startReplay } from '../datasets/quarantine/start-replay.ts';
import { summarizeQuarantine } from '../datasets/quarantine/summarize-quarantine.ts';
import { queryRows } from '../datasets/query-rows.ts';
import { reloadVersion } from '../datasets/reload-version.ts';
import { removeIndex } from '../datasets/remove-index.ts';
import { shareDataset } from '../datasets/share-dataset.ts';
import { unshareDataset } from '../datasets/unshare-dataset.ts';
import { deleteVersion } from '../datasets/versions/delete-version.ts';
import { getRetention } from '../datasets/versions/get-retention.ts';
import { listAliases } from '../datasets/versions/list-aliases.ts';
import { removeAlias } from '../datasets/versions/remove-alias.ts';
import { restoreVersion } from '../datasets/versions/restore-version.ts';
import { retainVersions } from '../datasets/versions/retain-versions.ts';
import { setAlias } from '../datasets/versions/set-alias.ts';
import { addDependencyToBlock } from '../dependencies/add-to-block.ts';
import { addDependencyToEdge } from '../dependencies/add-to-edge.ts';
import { foundDependenciesOfEdge } from '../dependencies/found-for-edge.ts';
import { listDependenciesOfBlock } from '../dependencies/list-of-block.ts';
import { listDependenciesOfEdge } from '../dependencies/list-of-edge.ts';
import { removeDependency } from '../dependencies/remove-dependency.ts';
import { addEdgeVersion } from '../edges/add-edge-version.ts';
import { configureEdges } from '../edges/configure-edges.ts';
import { createEdge } from '../edges/create-edge.ts';
import { decideVerification } from '../edges/decide-verification.ts';
import { deleteEdge } from '../edges/delete-edge.ts';
import { getEdge } from '../edges/get-edge.ts';
import { getEdgeSettings } from '../edges/get-edge-settings.ts';
import { listEdgeAliases } from '../edges/list-edge-aliases.ts';
import { listEdgeVersions } from '../edges/list-edge-versions.ts';
import { listEdges } from '../edges/list-edges.ts';
import { listVerifications } from '../edges/list-verifications.ts';
import { removeEdgeAlias } from '../edges/remove-edge-alias.ts';
import { rollBackEdge } from '../edges/roll-back-edge.ts';
import { setEdgeAlias } from '../edges/set-edge-alias.ts';
import { setEdgeVersionActive } from '../edges/set-edge-version-active.ts';
import { updateEdge } from '../edges/update-edge.ts';
import { verifyEdge } from '../edges/verify-edge.ts';
import { destroyEncryptionKey } from '../encryption/destroy-key.ts';
import { listEncryptionKeys } from '../encryption/list-keys.ts';
import { rotateEncryptionKey } from '../encryption/rotate-key.ts';
import { endOverride } from '../entitlements/end-override.ts';
import { getUsage } from '../entitlements/get-usage.ts';
import { listPlans } from '../entitlements/list-plans.ts';
import { overrideEntitlement } from '../entitlements/override-entitlement.ts';
import { setPlan } from '../entitlements/set-plan.ts';
import { exportStreamManifest } from '../exports/export-stream-manifest.ts';
import { getExport } from '../exports/get-export.ts';
import { listExports } from '../exports/list-exports.ts';
import { startExport } from '../exports/start-export.ts';
import { evaluateFlags } from '../flags/evaluate-flags.ts';
import { evaluatePublicFlags } from '../flags/evaluate-public-flags.ts';
import { listFlags } from '../flags/list-flags.ts';
import { rollOutFlag } from '../flags/roll-out-flag.ts';
import { setFlag } from '../flags/set-flag.ts';
import { targetFlag } from '../flags/target-flag.ts';
import { changeEmail } from '../identity/account/change-email.ts';
import { deleteAccount } from '../identity/account/delete-account.ts';
import { requestEmailChange } from '../identity/account/request-email-change.ts';
import { logIn } from '../identity/log-in.ts';
import { logOut } from '../identity/log-out.ts';
import { changePassword } from '../identity/passwords/change-password.ts';
import { requestPasswordReset } from '../identity/passwords/request-password-reset.ts';
import { resetPassword } from '../identity/passwords/reset-password.ts';
import { createUser } from '../identity/people/create-user.ts';
import { deleteUser } from '../identity/people/delete-user.ts';
import { getUser } from '../identity/people/get-user.ts';
import { listUsers } from '../identity/people/list-users.ts';
import { setUserActive } from '../identity/people/set-user-active.ts';
import { updateUser } from '../identity/people/update-user.ts';
import { activate } from '../identity/registration/activate.ts';
import { register } from '../identity/registration/register.ts';
import { beginSecondFactor } from '../identity/second-factor/begin-second-factor.ts';
import { confirmSecondFactor } from '../identity/second-factor/confirm-second-factor.ts';
import { removeSecondFactor } from '../identity/second-factor/remove-second-factor.ts';
import { listSessions } from '../identity/sessions/list-sessions.ts';
import { renameSession } from '../identity/sessions/rename-session.ts';
import { revokeSession } from '../identity/sessions/revoke-session.ts';
import { switchOrganization } from '../identity/sessions/switch-organization.ts';
import { linkSupabase } from '../identity/supabase/link-supabase.ts';
import { logInWithSupabase } from '../identity/supabase/log-in-with-supabase.ts';
import { whoAmI } from '../identity/who-am-i.ts';
import { buildImage } from '../images/build-image.ts';
import { checkImage } from '../images/check-image.ts';
import { getImage } from '../images/get-image.ts';
import { imageLogs } from '../images/image-logs.ts';
import { listImages } from '../images/list-images.ts';
import { makeReportSecret } from '../images/make-report-secret.ts';
import { removeImage } from '../images/remove-image.ts';
import { reportImage } from '../images/report-image.ts';
import { impactOf } from '../impact/impact-of.ts';
import { acceptProposal } from '../intake/accept-proposal.ts';
import { configureIntake } from '../intake/configure-intake.ts';
import { getIntakeForm } from '../intake/get-form.ts';
import { listProposals } from '../intake/list-proposals.ts';
import { proposePage } from '../intake/propose-page.ts';
import { rejectProposal } from '../intake/reject-proposal.ts';
import { countUnread } from '../notifications/count-unread.ts';
import { followNotifications } from '../notifications/follow-notifications.ts';
import { getPreferences } from '../notifications/get-preferences.ts';
import { listNotifications } from '../notifications/list-notifications.ts';
import { markAllRead } from '../notifications/mark-all-read.ts';
import { markRead } from '../notifications/mark-read.ts';
import { setPreference } from '../notifications/set-preference.ts';
import { unsubscribe } from '../notifications/unsubscribe.ts';
import { createOrganization } from '../organizations/create-organization.ts';
import { deleteOrganization } from '../organizations/delete-organization.ts';
import { getOrganization } from '../organizations/get-organization.ts';
import { answerInvitation } from '../organizations/invitations/answer-invitation.ts';
import { inviteMember } from '../organizations/invitations/invite-member.ts';
import { listInvitations } from '../organizations/invitations/list-invitations.ts';
import { registerInvited } from '../organizations/invitations/register-invited.ts';
import { revokeInvitation } from '../organizations/invitations/revoke-invitation.ts';
import { listAllOrganizations } from '../organizations/list-all-organizations.ts';
import { listMembers } from '../organizations/list-members.ts';
import { listOrganizations } from '../organizations/list-organizations.ts';
import { listRoles } from '../organizations/list-roles.ts';
import { leaveOrganization } from '../organizations/members/leave-organization.ts';
import { removeMember } from '../organizations/members/remove-member.ts';
import { setMemberRoles } from '../organizations/members/set-member-roles.ts';
import { renameOrganization } from '../organizations/rename-organization.ts';
import { restoreOrganization } from '../organizations/restore-organization.ts';
import { createRole } from '../organizations/roles/create-role.ts';
import { deleteRole } from '../organizations/roles/delete-role.ts';
import { updateRole } from '../organizations/roles/update-role.ts';
import { transferOwnership } from '../organizations/transfer-ownership.ts';
import { addPipelineVersion } from '../pipelines/add-pipeline-version.ts';
import { createPipeline } from '../pipelines/create-pipeline.ts';
import { deletePipeline } from '../pipelines/delete-pipeline.ts';
import { getPipeline } from '../pipelines/get-pipeline.ts';
import { listPipelineVersions } from '../pipelines/list-pipeline-versions.ts';
import { listPipelines } from '../pipelines/list-pipelines.ts';
import { schedulePipeline } from '../pipelines/schedule-pipeline.ts';
import { updatePipeline } from '../pipelines/update-pipeline.ts';
import { listFeedDays } from '../plugins/changes/list-feed-days.ts';
import { pluginChanges } from '../plugins/changes/plugin-changes.ts';
import { getCompany } from '../plugins/companies/get-company.ts';
import { topCompanies } from '../plugins/companies/top-companies.ts';
import { getPlugin } from '../plugins/get-plugin.ts';
import { listPlugins } from '../plugins/list-plugins.ts';
import { marketplaceStats } from '../plugins/marketplaces/marketplace-stats.ts';
import { deletePluginNote } from '../plugins/notes/delete-note.ts';
import { notePlugin } from '../plugins/notes/note-plugin.ts';
import { pluginNotes } from '../plugins/notes/plugin-notes.ts';
import { tagPlugin } from '../plugins/notes/tag-plugin.ts';
import { pluginBubble } from '../plugins/plugin-bubble.ts';
import { pluginMovers } from '../plugins/plugin-movers.ts';
import { pluginRanking } from '../plugins/plugin-ranking.ts';
import { searchPlugins } from '../plugins/search-plugins.ts';
import { comparePlugins } from '../plugins/series/compare-plugins.ts';
import { pluginSeries } from '../plugins/series/plugin-series.ts';
import { similarPlugins } from '../plugins/similar-plugins.ts';
import { createWatchList } from '../plugins/watch-lists/create-watch-list.ts';
import { deleteWatchList } from '../plugins/watch-lists/delete-watch-list.ts';
import { getWatchList } from '../plugins/watch-lists/get-watch-list.ts';
import { listWatchLists } from '../plugins/watch-lists/list-watch-lists.ts';
import { unwatchPlugin } from '../plugins/watch-lists/unwatch-plugin.ts';
import { watchPlugin } from '../plugins/watch-lists/watch-plugin.ts';
import { cancelRun } from '../runs/cancel-run.ts';
import { getRun } from '../runs/get-run.ts';
import { launchRun } from '../runs/launch-run.ts';
import { listRuns } from '../runs/list-runs.ts';
import { resumeRun } from '../runs/resume-run.ts';
import { runLogs } from '../runs/run-logs.ts';
import { versionLineage } from '../runs/version-lineage.ts';
import { searchCatalogue } from '../search/search-catalogue.ts';
import { searchPassages } from '../search/search-passages.ts';
import { acknowledgeAlarm } from '../sources/acknowledge-alarm.ts';
import { backfillSource } from '../sources/backfill-source.ts';
import { cancelSourceRun } from '../sources/cancel-source-run.ts';
import { createSource } from '../sources/create-source.ts';
import { deleteSource } from '../sources/delete-source.ts';
import { getHealth } from '../sources/get-health.ts';
import { getSource } from '../sources/get-source.ts';
import { getSourceRun } from '../sources/get-source-run.ts';
import { importPages } from '../sources/import-pages.ts';
import { listCaptures } from '../sources/list-captures.ts';
import { listSourceRuns } from '../sources/list-source-runs.ts';
import { listSources } from '../sources/list-sources.ts';
import { pauseSource } from '../sources/pause-source.ts';
import { reparseSource } from '../sources/reparse-source.ts';
import { resumeSource } from '../sources/resume-source.ts';
import { runChanges } from '../sources/run-changes.ts';
import { runSource } from '../sources/run-source.ts';
import { updateSource } from '../sources/update-source.ts';
import { getStatistics } from '../statistics/get-statistics.ts';
import { createTable } from '../tables/create-table.ts';
import { insertMetadata } from '../tables/insert-metadata.ts';
import { listTableColumns } from '../tables/list-table-columns.ts';
import { listTables } from '../tables/list-tables.ts';
import { searchTables } from '../tables/search-tables.ts';
import { selectFromTable } from '../tables/select-from-table.ts';
import { tableExists } from '../tables/table-exists.ts';
import { updateTableRow } from '../tables/update-table-row.ts';
import { categorizeBlock } from '../taxonomy/categorize-block.ts';
import { categorizeEdge } from '../taxonomy/categorize-edge.ts';
import { createCategory } from '../taxonomy/create-category.ts';
import { deleteCategory } from '../taxonomy/delete-category.ts';
import { exportCategories } from '../taxonomy/export-categories.ts';
import { importCategories } from '../taxonomy/import-categories.ts';
import { listCategories } from '../taxonomy/list-categories.ts';
import { mergeCategory } from '../taxonomy/merge-category.ts';
import { moveCategory } from '../taxonomy/move-category.ts';
import { updateCategory } from '../taxonomy/update-category.ts';
import { assignTodo } from '../todos/assign-todo.ts';
import { completeTodo } from '../todos/complete-todo.ts';
import { createTodo } from '../todos/create-todo.ts';
import { deleteTodo } from '../todos/delete-todo.ts';
import { getTodo } from '../todos/get-todo.ts';
import { listTodos } from '../todos/list-todos.ts';
import { reopenTodo } from '../todos/reopen-todo.ts';
import { updateTodo } from '../todos/update-todo.ts';
import { abortUpload } from '../uploads/abort-upload.ts';
import { beginUpload } from '../uploads/begin-upload.ts';
import { getUpload } from '../uploads/get-upload.ts';
import { createWebhook } from '../webhooks/create-webhook.ts';
import { deleteWebhook } from '../webhooks/delete-webhook.ts';
import { disableWebhook } from '../webhooks/disable-webhook.ts';
import { enableWebhook } from '../webhooks/enable-webhook.ts';
import { getDelivery } from '../webhooks/get-delivery.ts';
import { getWebhook } from '../webhooks/get-webhook.ts';
import { listDeliveries } from '../webhooks/list-deliveries.ts';
import { listWebhooks } from '../webhooks/list-webhooks.ts';
import { redeliver } from '../webhooks/redeliver.ts';
import { rotateWebhookSecret } from '../webhooks/rotate-webhook-secret.ts';
import { testWebhook } from '../webhooks/test-webhook.ts';
import { updateWebhook } from '../webhooks/update-webhook.ts';

/**
 * Everything a client can do. The tRPC router, the REST routes with their OpenAPI document, the client's types and the
 * tests that try each as an intruder all come from this list.
 */
export const actions = [
  listAuditEvents,
  followAuditEvents,
  getAuditSettings,
  configureAudit,
  auditReads,
  createDataset,
  declareIdentifiers,
  declareIndex,
  deleteDataset,
  describeDataset,
  diffVersions,
  getDataset,
  listColumns,
  listDatasets,
  listIndexes,
  listQuarantine,
  summarizeQuarantine,
  correctQuarantine,
  dismissQuarantine,
  reopenQuarantine,
  startReplay,
  getReplay,
  listShares,
  listVersions,
  loadDataset,
  getLoad,
  queryRows,
  removeIndex,
  exportStreamManifest,
  getExport,
  listExports,
  startExport,
  getStatistics,
  reloadVersion,
  shareDataset,
  unshareDataset,
  destroyEncryptionKey,
  listEncryptionKeys,
  rotateEncryptionKey,
  changeRows,
  copyVersion,
  deleteRow,
  getChange,
  getRow,
  insertRows,
  listChanges,
  revertChange,
  rowHistory,
  updateRow,
  deleteVersion,
  getRetention,
  listAliases,
  removeAlias,
  restoreVersion,
  retainVersions,
  setAlias,
  createApiKey,
  listApiKeys,
  revokeApiKey,
  rotateApiKey,
  setKeyActive,
  listMembers,
  setMemberRoles,
  removeMember,
  leaveOrganization,
  createOrganization,
  listOrganizations,
  renameOrganization,
  transferOwnership,
  deleteOrganization,
  restoreOrganization,
  listAllOrganizations,
  createRole,
  updateRole,
  deleteRole,
  inviteMember,
  listInvitations,
  revokeInvitation,
  answerInvitation,
  registerInvited,
  getOrganization,
  getUsage,
  listPlans,
  setPlan,
  overrideEntitlement,
  endOverride,
  evaluateFlags,
  evaluatePublicFlags,
  listFlags,
  setFlag,
  rollOutFlag,
  targetFlag,
  listRoles,
  explainAccess,
  whoAmI,
  logIn,
  logInWithSupabase,
  linkSupabase,
  logOut,
  listSessions,
  renameSession,
  revokeSession,
  switchOrganization,
  register,
  activate,
  requestPasswordReset,
  resetPassword,
  changePassword,
  changeEmail,
  deleteAccount,
  requestEmailChange,
  createUser,
  deleteUser,
  getUser,
  listUsers,
  setUserActive,
  updateUser,
  beginSecondFactor,
  confirmSecondFactor,
  removeSecondFactor,
  addRepositoryToBlock,
  addRepositoryToEdge,
  checkRepository,
  getRepository,
  buildImage,
  checkImage,
  getImage,
  imageLogs,
  listImages,
  makeReportSecret,
  removeImage,
  reportImage,
  listRepositories,
  pinVersion,
  removeRepository,
  searchCatalogue,
  searchPassages,
  createTable,
  insertMetadata,
  listTableColumns,
  listTables,
  searchTables,
  selectFromTable,
  tableExists,
  updateTableRow,
  listPlugins,
  searchPlugins,
  getPlugin,
  similarPlugins,
  pluginSeries,
  comparePlugins,
  pluginMovers,
  pluginRanking,
  pluginBubble,
  pluginChanges,
  proposePage,
  listProposals,
  acceptProposal,
  rejectProposal,
  getIntakeForm,
  configureIntake,
  listWatchLists,
  getWatchList,
  createWatchList,
  deleteWatchList,
  watchPlugin,
  unwatchPlugin,
  notePlugin,
  deletePluginNote,
  tagPlugin,
  pluginNotes,
  listFeedDays,
  topCompanies,
  getCompany,
  marketplaceStats,
  assignTodo,
  completeTodo,
  createTodo,
  deleteTodo,
  getTodo,
  listTodos,
  reopenTodo,
  updateTodo,
  countUnread,
  followNotifications,
  getPreferences,
  listNotifications,
  markAllRead,
  markRead,
  setPreference,
  unsubscribe,
  createWebhook,
  deleteWebhook,
  disableWebhook,
  enableWebhook,
  getDelivery,
  getWebhook,
  listDeliveries,
  listWebhooks,
  redeliver,
  rotateWebhookSecret,
  testWebhook,
  updateWebhook,
  abortUpload,
  beginUpload,
  getUpload,
  acknowledgeAlarm,
  backfillSource,
  cancelSourceRun,
  createSource,
  deleteSource,
  getHealth,
  getSourceRun,
  runChanges,
  getSource,
  importPages,
  listCaptures,
  listSourceRuns,
  listSources,
  pauseSource,
  reparseSource,
  resumeSource,
  runSource,
  updateSource,
  addBlockVersion,
  createBlock,
  deleteBlock,
  getBlock,
  listBlockAliases,
  listBlockVersions,
  listBlocks,
  removeBlockAlias,
  rollBackBlock,
  setBlockAlias,
  setBlockVersionActive,
  updateBlock,
  addEdgeVersion,
  configureEdges,
  createEdge,
  decideVerification,
  deleteEdge,
  getEdge,
  getEdgeSettings,
  listEdgeAliases,
  listEdgeVersions,
  listEdges,
  listVerifications,
  removeEdgeAlias,
  rollBackEdge,
  setEdgeAlias,
  setEdgeVersionActive,
  updateEdge,
  verifyEdge,
  addDependencyToBlock,
  addDependencyToEdge,
  foundDependenciesOfEdge,
  listDependenciesOfBlock,
  listDependenciesOfEdge,
  removeDependency,
  impactOf,
  addPipelineVersion,
  createPipeline,
  deletePipeline,
  getPipeline,
  listPipelineVersions,
  listPipelines,
  schedulePipeline,
  updatePipeline,
  cancelRun,
  getRun,
  launchRun,
  listRuns,
  resumeRun,
  runLogs,
  versionLineage,
  categorizeBlock,
  categorizeEdge,
  createCategory,
  deleteCategory,
  exportCategories,
  importCategories,
  listCategories,
  mergeCategory,
  moveCategory,
  updateCategory,
] as const;
