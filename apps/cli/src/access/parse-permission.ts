import { type Permission, permissions } from '@granary/domain/vocabulary';
import { InvalidArgumentError } from 'commander';

/** A permission by its name, for an argument. */
export function parsePermission(text: string): Permission {
  const found = permissions.find((each) => each === text);
  if (found === undefined) throw new InvalidArgumentError(`one of ${permissions.join(', ')}`);
  return found;
}
