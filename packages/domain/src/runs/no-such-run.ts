import { DomainError } from '../errors/domain-error.ts';

export const noSuchRun = (): DomainError => new DomainError('not_found', 'no such run');
