import { asUser, type Database, type Member } from '@granary/db';
import {
  type Expectations,
  expectations,
  type Implementation,
  implementation,
  implementationOf,
  type Port,
  port,
  type ResolvedInput,
  resolvedInput,
  type VerificationLimits,
  verificationLimits,
} from '@granary/domain';
import { z } from 'zod';

export interface WantedVerification {
  readonly implementation: Implementation;
  readonly ports: readonly Port[];
  readonly output: Port;
  readonly expectations: Expectations;
  readonly limits: VerificationLimits;
  readonly inputs: Readonly<Record<string, ResolvedInput>>;
}

const ports = z.array(port);

/** A verification that is still pending, read as the job's user: a forged or stale job finds none. */
export async function findVerification(
  database: Database,
  identity: Member,
  edgeId: string,
  verificationId: string,
): Promise<WantedVerification | null> {
  const found = await asUser(database, identity, 'edge:write', (db) =>
    db
      .selectFrom('edge_verifications as r')
      .innerJoin('edge_versions as v', (join) =>
        join.onRef('v.tenant_id', '=', 'r.tenant_id').onRef('v.id', '=', 'r.edge_version_id'),
      )
      .select(['v.inputs as ports', 'v.outputs', 'r.expectations', 'r.limits', 'r.inputs'])
      .select(implementationOf.as('implementation'))
      .where('r.tenant_id', '=', identity.tenantId)
      .where('r.edge_id', '=', edgeId)
      .where('r.id', '=', verificationId)
      .where('r.requested_by', '=', identity.userId)
      .where('r.status', '=', 'pending')
      .executeTakeFirst(),
  );
  if (!found) return null;
  const [output] = ports.parse(found.outputs);
  if (!output) return null;
  return {
    implementation: implementation.parse(found.implementation),
    ports: ports.parse(found.ports),
    output,
    expectations: expectations.parse(found.expectations),
    limits: verificationLimits.parse(found.limits),
    inputs: z.record(z.string(), resolvedInput).parse(found.inputs),
  };
}
