import { type Misfit, misfits } from '../ports/misfits.ts';
import type { Port } from '../ports/schema.ts';
import type { Arc } from './arcs-query.ts';
import { changedPort } from './changed-port.ts';
import type { SchemaChange } from './schema.ts';

export interface ArcMisfits extends Pick<Arc, 'edgeId' | 'version' | 'port' | 'blockId' | 'blockPort'> {
  readonly misfits: Misfit[];
}

/**
 * Arcs that would not fit any more, once a port of the block (or of the edge) at their end is changed. Throws DomainError invalid for a
 * change that is none of such a port.
 */
export function arcMisfits(arcs: readonly Arc[], changes: 'block' | 'edge', change: SchemaChange): ArcMisfits[] {
  return arcs.flatMap((arc) => {
    const edgePort = named(arc.edgePorts, arc.port);
    const blockPort = named(
      arc.direction === 'input' || arc.isDataset ? arc.blockOutputs : arc.blockInputs,
      arc.blockPort,
    );
    if (!edgePort || !blockPort) return []; // the block has another version by now, without the port
    const own = changes === 'block' ? blockPort : edgePort;
    if (own.name !== change.port) return [];
    const changed = changedPort(own, change);
    const [atEdge, atBlock] = changes === 'block' ? [edgePort, changed] : [changed, blockPort];
    const wrong = arc.direction === 'input' ? misfits(atBlock, atEdge) : misfits(atEdge, atBlock);
    const { edgeId, version, port, blockId, blockPort: name } = arc;
    return wrong.length > 0 ? [{ edgeId, version, port, blockId, blockPort: name, misfits: wrong }] : [];
  });
}

const named = (ports: readonly Port[], name: string): Port | undefined => ports.find((port) => port.name === name);
