import type { Identity, IdentityDb, Visit } from '@granary/db';
import type { z } from 'zod';
import type { EventDraft } from '../identity/event-draft.ts';
import type { HeldSession } from '../identity/held-session.ts';
import type { IdentityServices } from '../identity/services.ts';
import type { ActionKind, ActionShape } from './define-action.ts';

/**
 * Who may call an action that belongs to no organization: anybody; anybody signed in; a person, not a program's key; only
 * a session of ours, because it is about sessions and passwords; only who runs the installation.
 */
export type IdentityAccess = 'public' | 'user' | 'person' | 'session' | 'operator';

// an operator may be one at the command line, who is nobody here
type CallerOf<A extends IdentityAccess> = A extends 'public' | 'operator'
  ? Visit & Partial<Identity>
  : A extends 'session'
    ? Identity & { readonly tokenId: string }
    : Identity;

export interface PrepareContext<A extends IdentityAccess = IdentityAccess> {
  readonly caller: CallerOf<A>;
  readonly services: IdentityServices;
  readonly event: EventDraft;
  /** A transaction of its own, with the caller's credential checked. */
  read<T>(work: (db: IdentityDb) => Promise<T>): Promise<T>;
}

export interface IdentityContext<A extends IdentityAccess = IdentityAccess, Prepared = unknown> {
  readonly caller: CallerOf<A>;
  readonly services: IdentityServices;
  readonly db: IdentityDb;
  readonly prepared: Prepared;
  readonly event: EventDraft;
  /** What the client keeps after this. */
  readonly held: HeldSession;
}

export interface IdentityAction<
  Name extends string = string,
  A extends IdentityAccess = IdentityAccess,
  I extends z.ZodType = z.ZodType,
  O extends z.ZodType = z.ZodType,
  Prepared = unknown,
  Kind extends ActionKind = ActionKind,
> extends ActionShape<Name, A, I, O> {
  readonly realm: 'identity';
  readonly kind: Kind;
  /** Of the audit event: whom it was about. Queries leave none. */
  person?(output: z.output<O>, caller: CallerOf<A>): string | null;
  /** What takes long, or has to last though the action fails, such as counting an attempt: while no transaction is open. */
  prepare?(context: PrepareContext<A>, input: z.output<I>): Promise<Prepared>;
  run(context: IdentityContext<A, Prepared>, input: z.output<I>): Promise<z.input<O>>;
}

/** Of what is done at the command line alone, and so has no route. */
export interface OperatorAction<
  Name extends string = string,
  I extends z.ZodType = z.ZodType,
  O extends z.ZodType = z.ZodType,
  Prepared = unknown,
  Kind extends ActionKind = ActionKind,
> extends Omit<IdentityAction<Name, 'operator', I, O, Prepared, Kind>, 'realm' | 'rest'> {
  readonly realm: 'installation';
}

/** As held in the registry, where the schemas have been forgotten. */
export interface AnyIdentityAction extends Omit<IdentityAction, 'run' | 'prepare' | 'person'> {
  person?(output: never, caller: never): string | null;
  prepare?(context: never, input: never): Promise<unknown>;
  run(context: never, input: never): Promise<unknown>;
}

/**
 * Defines an operation on people, passwords and sessions: it runs in a transaction of the identity login, with the
 * caller's credential checked first and its audit event at the end.
 */
export const defineIdentityAction = <
  const Name extends string,
  A extends IdentityAccess,
  Kind extends ActionKind,
  I extends z.ZodType,
  O extends z.ZodType,
  Prepared = undefined,
>(
  action: Omit<IdentityAction<Name, A, I, O, Prepared, Kind>, 'realm'>,
): IdentityAction<Name, A, I, O, Prepared, Kind> => ({ realm: 'identity', ...action });

/** Defines an operation that only an operator at the command line may do, with the database's owner's connection. */
export const defineOperatorAction = <
  const Name extends string,
  Kind extends ActionKind,
  I extends z.ZodType,
  O extends z.ZodType,
  Prepared = undefined,
>(
  action: Omit<OperatorAction<Name, I, O, Prepared, Kind>, 'realm' | 'access'>,
): OperatorAction<Name, I, O, Prepared, Kind> => ({ realm: 'installation', access: 'operator', ...action });
