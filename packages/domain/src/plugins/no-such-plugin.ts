import { DomainError } from '../errors/domain-error.ts';

/** Also of a plugin that is another organization's. */
export const noSuchPlugin = (): DomainError => new DomainError('not_found', 'no such plugin');
