import { DomainError } from '@granary/domain';

export const noSuchObject = (cause?: unknown): DomainError =>
  new DomainError('not_found', 'no such object', {}, { cause });
