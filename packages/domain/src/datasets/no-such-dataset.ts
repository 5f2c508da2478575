import { DomainError } from '../errors/domain-error.ts';

/** The same words for one that never existed, a foreign tenant's, and a colleague's private one. */
export const noSuchDataset = (): DomainError => new DomainError('not_found', 'no such dataset');
