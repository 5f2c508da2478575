import { DomainError } from '../errors/domain-error.ts';

export const noSuchPipeline = (): DomainError => new DomainError('not_found', 'no such pipeline');
