import { z } from 'zod';
import { externalReference } from './external-reference.ts';

const text = z.string().min(1).max(2000);

/** On what something depends. */
export const dependencyTarget = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.enum(['block', 'edge', 'dataset']), id: z.uuid() }),
  z.strictObject({
    kind: z.enum(['package', 'service', 'doi']),
    ref: text.meta({ description: 'A package URL (pkg:npm/left-pad@1.3.0), an address, a DOI' }),
  }),
]);
export type DependencyTarget = z.output<typeof dependencyTarget>;

export const dependencyDetail = z.string().max(2000).meta({ description: 'What for, in words' });

export const dependency = z
  .object({
    id: z.uuid(),
    blockId: z.uuid().nullable(),
    edgeId: z.uuid().nullable(),
    dependencyType: z.enum(['internal', 'external']),
    targetKind: z.enum(['block', 'edge', 'dataset', 'package', 'service', 'doi']),
    targetId: z.uuid().nullable(),
    targetName: z.string().nullable().meta({ description: 'What it is called, of something of yours' }),
    ref: z.string().nullable(),
    detail: z.string(),
    origin: z.enum(['entered', 'found']).meta({ description: 'By a person, or in the code by a program' }),
    repositoryId: z.uuid().nullable().meta({ description: 'In whose code it was found' }),
    foundIn: z.string().nullable().meta({ description: 'In which file of it' }),
    createdBy: z.uuid(),
    createdAt: z.string(),
  })
  .meta({ id: 'Dependency' });

/** A target as app.add_dependency takes it. */
export const targetJson = (target: DependencyTarget): string =>
  JSON.stringify('id' in target ? target : { kind: target.kind, ...externalReference[target.kind](target.ref) });
