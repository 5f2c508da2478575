import { type Permission, permissions } from '@granary/domain/vocabulary';
import { InvalidArgumentError } from 'commander';
import { z } from 'zod';

const list = z.array(z.enum(permissions)).min(1);

/** Permissions with commas between them, for an option. */
export function parsePermissions(text: string): Permission[] {
  const { data } = list.safeParse(text.split(',').map((each) => each.trim()));
  if (data) return data;
  throw new InvalidArgumentError(`some of, with commas: ${permissions.join(', ')}`);
}
