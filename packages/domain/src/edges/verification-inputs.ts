import type { TenantDb } from '@granary/db';
import { datasetPorts } from '../blocks/dataset-ports.ts';
import { DomainError } from '../errors/domain-error.ts';
import { misfits } from '../ports/misfits.ts';
import type { Port } from '../ports/schema.ts';
import type { Binding } from './schema.ts';
import type { ResolvedInput, VerificationInput } from './verification-schema.ts';

interface Verified {
  readonly inputs: readonly Port[];
  readonly bindings: readonly Binding[];
}

/**
 * What each input of a version is filled with while it is verified: what was asked for, or a sample of the dataset whose block it is
 * joined to. Throws DomainError invalid for an input that is filled with nothing, or with what does not fit; not_found for a dataset.
 */
export async function verificationInputs(
  db: TenantDb,
  tenantId: string,
  { inputs, bindings }: Verified,
  asked: Readonly<Record<string, VerificationInput>>,
): Promise<Record<string, ResolvedInput>> {
  const unknown = Object.keys(asked).find((name) => !inputs.some((port) => port.name === name));
  if (unknown !== undefined) throw new DomainError('invalid', `the edge has no input ${unknown}`, { port: unknown });
  const resolved: Record<string, ResolvedInput> = {};
  for (const port of inputs) {
    const wish = asked[port.name] ?? (await boundDataset(db, tenantId, bindings, port.name));
    resolved[port.name] = 'rows' in wish ? wish : await sample(db, tenantId, port, wish);
  }
  return resolved;
}

type Sample = Exclude<VerificationInput, { rows: unknown }>;

async function sample(db: TenantDb, tenantId: string, port: Port, { datasetId, version, sampleRows }: Sample) {
  const { versionId, outputs } = await datasetPorts(db, tenantId, datasetId, version);
  const wrong = outputs.flatMap((rows) => misfits(rows, port));
  if (wrong.length > 0)
    throw new DomainError('invalid', `the dataset does not fit the input ${port.name}`, {
      port: port.name,
      misfits: wrong,
    });
  return { datasetId, versionId, sampleRows };
}

async function boundDataset(
  db: TenantDb,
  tenantId: string,
  bindings: readonly Binding[],
  port: string,
): Promise<Sample> {
  const bound = bindings.find((each) => each.direction === 'input' && each.port === port);
  const block =
    bound &&
    (await db
      .selectFrom('blocks')
      .select('dataset_id')
      .where('tenant_id', '=', tenantId)
      .where('id', '=', bound.blockId)
      .executeTakeFirst());
  if (block?.dataset_id == null)
    throw new DomainError('invalid', `say what the input ${port} is filled with: rows, or a dataset`, { port });
  return { datasetId: block.dataset_id, sampleRows: 1000 };
}
