import type { operatorActions } from '@granary/domain';
import type { z } from 'zod';
import { printable } from '../output/table.ts';
import type { Terminal } from '../output/terminal.ts';

type User = z.output<typeof operatorActions.findPerson.output>;

export interface PrintFlags {
  readonly json?: true;
}

/** What became of an account. */
export function printUser({ print }: Terminal, { json }: PrintFlags, what: string, user: User): void {
  if (json) print(JSON.stringify(user));
  else print(`${what.padEnd(13)}${printable(user.email)} (${user.id})${user.isActive ? '' : ', not active'}`);
}
