import type { z } from 'zod';
import { DomainError } from '../errors/domain-error.ts';
import { contentDigest } from '../ports/content-digest.ts';
import { type metadata as anyMetadata, requireMetadata } from '../ports/metadata.ts';
import type { Port } from '../ports/schema.ts';
import type { Binding, Implementation } from './schema.ts';

interface Said {
  readonly metadata: z.output<typeof anyMetadata>;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly implementation: Implementation;
  readonly bindings: readonly Binding[];
}

/** All that a version of an edge says, as the commands take it. */
export interface EdgeContent extends Record<keyof Said, string> {
  readonly digest: string;
}

/** Throws DomainError invalid for metadata that is not an edge's, and for SQL with other than one output. */
export function edgeContent(said: Said): EdgeContent {
  requireMetadata('edge', said.metadata);
  if (said.outputs.length === 0) throw new DomainError('invalid', 'an edge has an output');
  if (said.implementation.kind === 'sql' && said.outputs.length > 1)
    throw new DomainError('invalid', 'an edge of SQL has one output', {
      outputs: said.outputs.map(({ name }) => name),
    });
  const { metadata, inputs, outputs, implementation } = said;
  // in an order of their own: which one is said first means nothing
  const bindings = said.bindings.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  return {
    metadata: JSON.stringify(metadata),
    inputs: JSON.stringify(inputs),
    outputs: JSON.stringify(outputs),
    implementation: JSON.stringify(implementation),
    bindings: JSON.stringify(bindings),
    digest: contentDigest({ metadata, inputs, outputs, implementation, bindings }),
  };
}

const keyOf = ({ direction, port, blockId }: Binding): string => `${direction} ${port} ${blockId}`;
