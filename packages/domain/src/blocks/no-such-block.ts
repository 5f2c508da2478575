import { DomainError } from '../errors/domain-error.ts';

export const noSuchBlock = (): DomainError => new DomainError('not_found', 'no such block');
