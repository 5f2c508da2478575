// Not part of the entry, so that its declarations need none of tRPC's, which ask for Node's.
import type * as trpc from '@trpc/server';
import type { ContractGroups } from './contract.gen.ts';
import type { ErrorData } from './errors.ts';

type Root = {
  ctx: object;
  meta: object;
  errorShape: trpc.TRPCDefaultErrorShape & { data: ErrorData };
  transformer: true;
};
type Def<I, O> = { meta: object; input: I; output: O };
interface Kinds<I, O> {
  query: trpc.TRPCQueryProcedure<Def<I, O>>;
  mutation: trpc.TRPCMutationProcedure<Def<I, O>>;
  subscription: trpc.TRPCSubscriptionProcedure<Def<I, AsyncIterable<{ id: string; data: O }>>>;
}
type Group<G> = {
  [N in keyof G]: G[N] extends { kind: infer K extends keyof Kinds<0, 0>; input: infer I; output: infer O }
    ? Kinds<I, O>[K]
    : never;
};
type Routes = { [G in keyof ContractGroups]: Group<ContractGroups[G]> };

/** The API's router, for tRPC's own clients. */
export interface AppRouter extends trpc.TRPCBuiltRouter<Root, Routes> {}
