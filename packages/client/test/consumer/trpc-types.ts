// For those who have tRPC's own client already; compiled as types.ts is.
import type { Dataset, GranaryErrorKind, Load } from '@granary/client';
import type { AppRouter } from '@granary/client/trpc';
import { createTRPCClient, httpBatchLink, type TRPCClientError } from '@trpc/client';
import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server';
import superjson from 'superjson';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(_equal: Equal<A, B>): void => {};
const url = 'http://localhost:4780';
const trpc = createTRPCClient<AppRouter>({ links: [httpBatchLink({ url: `${url}/trpc`, transformer: superjson })] });

export async function trpcCalls(datasetId: string, error: TRPCClientError<AppRouter>): Promise<void> {
  const { items } = await trpc.datasets.list.query({ limit: 10 });
  same<typeof items, Dataset[]>(true);
  const { dataset } = await trpc.datasets.create.mutate({ name: 'people' });
  same<typeof dataset, Dataset>(true);
  trpc.datasets.watchLoad.subscribe(
    { datasetId, versionId: '' },
    { onData: ({ data }) => same<typeof data, Load>(true) },
  );
  same<inferRouterInputs<AppRouter>['datasets']['get'], { datasetId: string }>(true);
  const input: inferRouterInputs<AppRouter>['datasets']['get'] = { datasetId };
  const output: inferRouterOutputs<AppRouter>['datasets']['get'] = dataset;
  if (error.data) same<typeof error.data.kind, Exclude<GranaryErrorKind, 'network' | 'aborted'>>(true);

  // @ts-expect-error a field that is missing
  await trpc.datasets.get.query({});
  // @ts-expect-error a mutation is no query
  await trpc.datasets.create.query({ name: 'people' });
  // @ts-expect-error an output of another type
  const wrong: string = (await trpc.datasets.get.query(input)).rows;
  // @ts-expect-error an operation that does not exist
  await trpc.datasets.explode.mutate({ datasetId: wrong + output.id });
}
