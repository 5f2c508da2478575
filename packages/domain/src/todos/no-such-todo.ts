import { DomainError } from '../errors/domain-error.ts';

/** The same words for one that never was, and for a colleague's. */
export const noSuchTodo = (): DomainError => new DomainError('not_found', 'no such to-do');
