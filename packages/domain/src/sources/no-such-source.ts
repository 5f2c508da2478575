import { DomainError } from '../errors/domain-error.ts';

/** The same words for one that never was, for another organization's and for the installation's. */
export const noSuchSource = (): DomainError => new DomainError('not_found', 'no such source');
