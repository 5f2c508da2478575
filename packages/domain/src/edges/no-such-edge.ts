import { DomainError } from '../errors/domain-error.ts';

export const noSuchEdge = (): DomainError => new DomainError('not_found', 'no such edge');
