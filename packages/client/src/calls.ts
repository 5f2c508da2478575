import { type Contract, type ContractGroups, procedureKinds } from './contract.gen.ts';

export interface CallOptions {
  /** Ends the call, which then rejects with GranaryError `aborted`. */
  readonly signal?: AbortSignal | undefined;
}

/** What an operation takes: `InputOf<'datasets.rows'>`. */
export type InputOf<Name extends keyof Contract> = Contract[Name]['input'];
/** What an operation answers, or each item of a stream: `OutputOf<'datasets.rows'>`. */
export type OutputOf<Name extends keyof Contract> = Contract[Name]['output'];

type Procedure = Contract[keyof Contract];
type Answer<P extends Procedure> = P['kind'] extends 'subscription' ? AsyncIterable<P['output']> : Promise<P['output']>;
/** An operation as a function; the input may be left out where all of it is optional. */
export type Call<P extends Procedure> =
  Record<never, never> extends P['input']
    ? (input?: P['input'], options?: CallOptions) => Answer<P>
    : (input: P['input'], options?: CallOptions) => Answer<P>;
/** Every operation of the API, grouped: `calls.datasets.rows(…)`. */
export type Calls = {
  readonly [G in keyof ContractGroups]: { readonly [N in keyof ContractGroups[G]]: CallOf<ContractGroups[G][N]> };
};
type CallOf<P> = P extends Procedure ? Call<P> : never;

export type ProcedureName = keyof Contract;
type SubscriptionName = { [N in ProcedureName]: Contract[N]['kind'] extends 'subscription' ? N : never }[ProcedureName];

export interface Performers {
  /** Queries and mutations. The input is as the caller gave it, `{}` where it was left out. */
  perform(name: ProcedureName, input: unknown, options: CallOptions): Promise<unknown>;
  readonly subscriptions: { readonly [N in SubscriptionName]: Call<Contract[N]> };
}

/** The operations as functions. */
export function makeCalls({ perform, subscriptions }: Performers): Calls {
  const groups: Record<string, Record<string, unknown>> = {};
  for (const name of Object.keys(procedureKinds).filter(isProcedureName)) {
    const [group = '', verb = ''] = name.split('.');
    groups[group] ??= {};
    groups[group][verb] = isSubscription(name)
      ? subscriptions[name]
      : (input: unknown = {}, options: CallOptions = {}) => perform(name, input, options);
  }
  // from the same generated file as the types: what is missing at run time is missing in the types
  return groups as Calls;
}

const isProcedureName = (name: string): name is ProcedureName => name in procedureKinds;
const isSubscription = (name: ProcedureName): name is SubscriptionName => procedureKinds[name] === 'subscription';
