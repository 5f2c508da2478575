import type {
  TRPCBuiltRouter,
  TRPCDefaultErrorShape,
  TRPCMutationProcedure,
  TRPCQueryProcedure,
  TRPCSubscriptionProcedure,
} from '@trpc/server';
import type { ContractGroups, ErrorKind } from './contract.gen.ts';

type Shape = TRPCDefaultErrorShape & { data: { kind: ErrorKind; details: object; requestId: string } };
type Root = { ctx: object; meta: object; errorShape: Shape; transformer: true };
type Def<I, O> = { meta: object; input: I; output: O };
type Procedure<P> = P extends { kind: infer K; input: infer I; output: infer O }
  ? K extends 'query'
    ? TRPCQueryProcedure<Def<I, O>>
    : K extends 'mutation'
      ? TRPCMutationProcedure<Def<I, O>>
      : TRPCSubscriptionProcedure<Def<I, AsyncIterable<{ id: string; data: O }>>>
  : never;
type Routes = { [G in keyof ContractGroups]: { [N in keyof ContractGroups[G]]: Procedure<ContractGroups[G][N]> } };

/** The API's router, for tRPC's own clients: `createTRPCClient<AppRouter>`, `@trpc/tanstack-react-query`. */
export interface AppRouter extends TRPCBuiltRouter<Root, Routes> {}
