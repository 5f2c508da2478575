import { endOverride } from '../entitlements/end-override.ts';
import { overrideEntitlement } from '../entitlements/override-entitlement.ts';
import { setPlan } from '../entitlements/set-plan.ts';
import { listFlags } from '../flags/list-flags.ts';
import { rollOutFlag } from '../flags/roll-out-flag.ts';
import { setFlag } from '../flags/set-flag.ts';
import { targetFlag } from '../flags/target-flag.ts';
import { createUser } from '../identity/people/create-user.ts';
import { listUsers } from '../identity/people/list-users.ts';
import { setUserActive } from '../identity/people/set-user-active.ts';
import { acceptPublicProposal } from '../intake/operator/accept-public-proposal.ts';
import { configurePublicIntake } from '../intake/operator/configure-public-intake.ts';
import { getPublicIntake } from '../intake/operator/get-public-intake.ts';
import { listPublicProposals } from '../intake/operator/list-public-proposals.ts';
import { rejectPublicProposal } from '../intake/operator/reject-public-proposal.ts';
import { mergeCompanies } from '../plugins/companies/merge-companies.ts';
import { unmergeCompany } from '../plugins/companies/unmerge-company.ts';
import { getRevenueModels } from '../plugins/get-revenue-models.ts';
import { setRevenueModel } from '../plugins/set-revenue-model.ts';
import { acknowledgePublicAlarm } from '../sources/operator/acknowledge-public-alarm.ts';
import { backfillPublicSource } from '../sources/operator/backfill-public-source.ts';
import { cancelPublicRun } from '../sources/operator/cancel-public-run.ts';
import { claimPublicObject } from '../sources/operator/claim-public-object.ts';
import { createPublicSource } from '../sources/operator/create-public-source.ts';
import { deletePublicSource } from '../sources/operator/delete-public-source.ts';
import { getPublicHealth } from '../sources/operator/get-public-health.ts';
import { importPublicPages } from '../sources/operator/import-public-pages.ts';
import { listPublicCaptures } from '../sources/operator/list-public-captures.ts';
import { listPublicChanges } from '../sources/operator/list-public-changes.ts';
import { listPublicRuns } from '../sources/operator/list-public-runs.ts';
import { listPublicSources } from '../sources/operator/list-public-sources.ts';
import { openPublicCapture } from '../sources/operator/open-public-capture.ts';
import { pausePublicSource } from '../sources/operator/pause-public-source.ts';
import { reparsePublicSource } from '../sources/operator/reparse-public-source.ts';
import { runPublicSource } from '../sources/operator/run-public-source.ts';
import { updatePublicSource } from '../sources/operator/update-public-source.ts';
import { appointOwner } from './appoint-owner.ts';
import { createOrganizationFor } from './create-organization-for.ts';
import { createPerson } from './create-person.ts';
import { endPersonSessions } from './end-person-sessions.ts';
import { findPerson } from './find-person.ts';
import { listAllOrganizations } from './list-all-organizations.ts';
import { listPersonEvents } from './list-person-events.ts';
import { listPersonSessions } from './list-person-sessions.ts';
import { openRegistration } from './open-registration.ts';
import { setOperator } from './set-operator.ts';
import { setPersonPassword } from './set-person-password.ts';

/** What an operator does at the command line. What has a route is the API's as well. */
export const operatorActions = {
  createUser,
  listUsers,
  setUserActive,
  createPerson,
  findPerson,
  openRegistration,
  setPersonPassword,
  setOperator,
  listPersonSessions,
  listPersonEvents,
  endPersonSessions,
  createOrganizationFor,
  listAllOrganizations,
  appointOwner,
  listFlags,
  setFlag,
  rollOutFlag,
  targetFlag,
  setPlan,
  overrideEntitlement,
  endOverride,
  mergeCompanies,
  unmergeCompany,
  setRevenueModel,
  getRevenueModels,
  createPublicSource,
  updatePublicSource,
  listPublicSources,
  deletePublicSource,
  pausePublicSource,
  runPublicSource,
  reparsePublicSource,
  backfillPublicSource,
  acknowledgePublicAlarm,
  cancelPublicRun,
  claimPublicObject,
  importPublicPages,
  listPublicRuns,
  listPublicCaptures,
  listPublicChanges,
  openPublicCapture,
  getPublicHealth,
  getPublicIntake,
  configurePublicIntake,
  listPublicProposals,
  acceptPublicProposal,
  rejectPublicProposal,
} as const;
