import type { Reader } from '@granary/db';
import { DomainError } from '../errors/domain-error.ts';
import { type ArcMisfits, arcMisfits } from './arc-misfits.ts';
import { arc, mostArcs, selectArcs } from './arcs-query.ts';
import { changedPort } from './changed-port.ts';
import type { SchemaChange } from './schema.ts';
import { type KindWithPorts, selectPorts, startPorts } from './start-query.ts';

/** Arcs that would not fit any more, of as many as are looked at. Throws DomainError invalid for a port or a column that is not there. */
export async function whatStopsFitting(
  reader: Reader,
  tenantId: string,
  { kind, id }: { readonly kind: KindWithPorts; readonly id: string },
  change: SchemaChange,
): Promise<{ readonly misfits: ArcMisfits[]; readonly isComplete: boolean }> {
  const [[row], arcs] = await reader.together(selectPorts(tenantId, kind, id), selectArcs(tenantId, kind, id));
  if (!row) return { misfits: [], isComplete: true }; // a dataset that is not in the catalogue
  const { inputs, outputs } = startPorts.parse(row);
  const changing = [...outputs, ...inputs].find(({ name }) => name === change.port);
  if (!changing) throw new DomainError('invalid', `the ${kind} has no port ${change.port}`, { port: change.port });
  changedPort(changing, change);
  const looked = arcs.slice(0, mostArcs).map((each) => arc.parse(each));
  const changes = kind === 'edge' ? 'edge' : 'block';
  return { misfits: arcMisfits(looked, changes, change), isComplete: looked.length === arcs.length };
}
