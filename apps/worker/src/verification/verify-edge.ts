import { rm } from 'node:fs/promises';
import { asSystem, type Database, onMemberSnapshot } from '@granary/db';
import type { JobInput } from '@granary/domain';
import { sql } from 'kysely';
import { computeInContainer } from '../containers/compute-in-container.ts';
import type { Containers } from '../containers/containers.ts';
import { makeWorkDirectory } from '../load/work-directories.ts';
import type { Log } from '../log.ts';
import { JobPostponed } from '../queue/job-postponed.ts';
import type { JobContext } from '../queue/start-worker.ts';
import { fillFromDataset } from '../runs/fill-input.ts';
import { fillFromRows } from '../runs/fill-rows.ts';
import { stepFailure } from '../runs/step-failure.ts';
import type { SandboxLimits } from '../sql-edge/limits.ts';
import { openSandbox, type SqlSandbox } from '../sql-edge/sql-sandbox.ts';
import { checkResult } from './check-result.ts';
import { findVerification, type WantedVerification } from './find-verification.ts';
import { Findings } from './findings.ts';

/** Until a worker that runs no containers looks whether another one has verified it. */
const postponedSeconds = 2;

export type VerificationStep = 'verification begun' | 'verification filled' | 'verification checked';

export interface VerificationDependencies {
  readonly database: Database;
  readonly sandboxDirectory: string;
  readonly sandboxLimits: SandboxLimits;
  readonly containers?: Containers | undefined;
  /** Awaited at each: where a test stops the process. */
  readonly onStep?: ((step: VerificationStep, bytes: number) => Promise<void>) | undefined;
  readonly log: Log;
}

/**
 * Verifies a version of an edge as who asked for it: runs its SQL, or its image, over samples or made up rows, in a process of its own,
 * within the limits that were asked for and no more than the worker's, and holds the result against the port and what was expected.
 * Runs again from the start after a crash; the first end counts.
 */
export async function verifyEdge(
  dependencies: VerificationDependencies,
  { edgeId, verificationId }: JobInput<'edge.verify'>,
  { identity, signal }: JobContext,
): Promise<void> {
  const { database, log } = dependencies;
  const wanted = await findVerification(database, identity, edgeId, verificationId);
  if (!wanted) {
    if (!(await isPending(database, identity, verificationId))) return log('nothing to verify', { verificationId });
    const findings = new Findings();
    findings.fail('access', 'who asked for this may not see the edge, or what it was to read, any more');
    return finishVerification(database, verificationId, findings);
  }
  const { kind } = wanted.implementation;
  if (kind === 'container' && !dependencies.containers && (await someoneRunsContainers(database)))
    throw new JobPostponed('another worker runs containers', postponedSeconds);
  const findings = new Findings();
  try {
    await dependencies.onStep?.('verification begun', 0);
    await verify(dependencies, wanted, findings, identity, signal);
  } catch (cause) {
    signal.throwIfAborted();
    const failure = stepFailure(cause);
    if (!failure) throw cause;
    findings.fail('run', failure.message);
  }
  await finishVerification(database, verificationId, findings);
  log('verified', { verificationId, passed: findings.passed });
}

async function verify(
  { database, sandboxDirectory, sandboxLimits, containers, onStep }: VerificationDependencies,
  wanted: WantedVerification,
  findings: Findings,
  identity: JobContext['identity'],
  signal: AbortSignal,
): Promise<void> {
  const { implementation, ports, output } = wanted;
  if (implementation.kind === 'dagster' || (implementation.kind === 'container' && !containers)) {
    findings.fail('run', `nothing here runs an edge of kind ${implementation.kind}`);
    return;
  }
  const limits = limitsOf(wanted, sandboxLimits);
  const folder = await makeWorkDirectory(sandboxDirectory);
  const sandbox = await openSandbox(folder, limits, signal);
  try {
    await fillInputs(database, sandbox, wanted, findings, identity, signal);
    await onStep?.('verification filled', 0);
    const step = { tenantId: identity.tenantId, inputs: ports, output };
    const sql =
      implementation.kind === 'sql'
        ? implementation.sql
        : await computeInContainer(containers, sandbox, { implementation, ...step }, { limits, signal, onLine: note });
    await sandbox.lock();
    await checkResult(sandbox, sql, wanted, findings);
    await onStep?.('verification checked', 0);
  } finally {
    await sandbox.close();
    await rm(folder, { recursive: true, force: true });
  }

  function note(line: string): void {
    findings.note(line.replaceAll('\0', ''));
  }
}

/** Whether it is there, and theirs, though they do not see it. */
async function isPending(database: Database, identity: JobContext['identity'], verificationId: string) {
  const found = await asSystem(database, 'verification: end', (db) =>
    db
      .selectFrom('edge_verifications')
      .select('id')
      .where('tenant_id', '=', identity.tenantId)
      .where('id', '=', verificationId)
      .where('requested_by', '=', identity.userId)
      .where('status', '=', 'pending')
      .executeTakeFirst(),
  );
  return found !== undefined;
}

async function someoneRunsContainers(database: Database): Promise<boolean> {
  const { rows } = await asSystem(database, 'verification: end', (db) =>
    sql<{ engine: string | null }>`select app.engine_of('container') as engine`.execute(db),
  );
  return rows[0]?.engine != null;
}

/** What was asked for, but no more than the worker has for anybody. */
const limitsOf = ({ limits }: WantedVerification, most: SandboxLimits): SandboxLimits => ({
  memoryMegabytes: Math.min(limits.memoryMb, most.memoryMegabytes),
  spaceMegabytes: Math.max(64, Math.min(limits.spillMb, most.spaceMegabytes)),
  seconds: Math.min(limits.seconds, most.seconds),
  rows: Math.min(limits.outputRows, most.rows),
  columns: most.columns,
});

function fillInputs(
  database: Database,
  sandbox: SqlSandbox,
  { ports, inputs }: WantedVerification,
  findings: Findings,
  identity: JobContext['identity'],
  signal: AbortSignal,
): Promise<void> {
  return onMemberSnapshot(database, identity, 'edge:read', async (client) => {
    for (const port of ports) {
      const input = inputs[port.name];
      if (input && 'versionId' in input) {
        const { versionId, sampleRows } = input;
        const { rows, version } = await fillFromDataset(client, sandbox, { port, versionId, sampleRows, signal });
        findings.note(`input ${port.name}: ${rows} rows of version ${version}`);
      } else {
        const rows = await fillFromRows(sandbox, port, input?.rows ?? []);
        findings.note(`input ${port.name}: ${rows} rows that were given`);
      }
    }
  });
}

/** Passed where there are findings and none failed. The first end counts. */
export async function finishVerification(
  database: Database,
  verificationId: string,
  findings: Findings,
): Promise<void> {
  await asSystem(database, 'verification: end', (db) =>
    sql`select app.finish_verification(${verificationId}::uuid, ${findings.passed ? 'passed' : 'failed'}, ${findings.logs},
      ${JSON.stringify(findings.results)}::jsonb)`.execute(db),
  );
}
