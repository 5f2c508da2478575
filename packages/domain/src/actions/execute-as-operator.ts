import type { Operator } from '@granary/db';
import type { z } from 'zod';
import { parseInput } from '../errors/parse-input.ts';
import { HeldSession } from '../identity/held-session.ts';
import type { IdentityServices } from '../identity/services.ts';
import type { AnyIdentityAction } from './define-identity-action.ts';
import { executeIdentityAction } from './execute-identity-action.ts';

/** One of the API's actions for operators, or one of the command line's. */
export interface OperatorsAction<I extends z.ZodType, O extends z.ZodType>
  extends Omit<AnyIdentityAction, 'realm' | 'rest' | 'access' | 'input' | 'output'> {
  readonly access: 'operator';
  readonly input: I;
  readonly output: O;
}

/**
 * Runs an action as an operator at the command line: `services.database` is the owner's connection, which the database
 * asks for. Throws DomainError as executeAction does.
 */
export async function executeAsOperator<I extends z.ZodType, O extends z.ZodType>(
  services: IdentityServices,
  operator: Operator,
  action: OperatorsAction<I, O>,
  rawInput: z.input<I>,
): Promise<z.output<O>> {
  const input = parseInput(action.input, rawInput) as never;
  return action.output.parse(await executeIdentityAction(services, action, operator, input, new HeldSession()));
}
