import type { Identity, Visit } from '@granary/db';
import { type Action, type ActionDependencies, executeAction, type HeldSession } from '@granary/domain';

/** Runs an action for somebody: what tRPC and REST have in common. */
export type RunAction = (
  action: Action,
  caller: Identity | Visit,
  input: unknown,
  held?: HeldSession,
) => Promise<unknown>;

/** What this process adds to actions, by their names. */
export interface AroundActions {
  /** Limits of this deployment; throws to refuse. */
  readonly before: Readonly<Record<string, (input: unknown) => void>>;
  /** Once it is committed: what lies outside the database. */
  readonly after: Readonly<Record<string, (input: unknown) => Promise<void>>>;
}

export function createActionRunner(dependencies: ActionDependencies, { before, after }: AroundActions): RunAction {
  return async (action, caller, input, held) => {
    before[action.name]?.(input);
    const output = await executeAction(dependencies, action, caller, input, held);
    await after[action.name]?.(input);
    return output;
  };
}
