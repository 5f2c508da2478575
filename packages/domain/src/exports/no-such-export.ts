import { DomainError } from '../errors/domain-error.ts';

/** The same words for a colleague's, and for one of a dataset that may no longer be read. */
export const noSuchExport = (): DomainError => new DomainError('not_found', 'no such export');
