import type { DatasetsCreateInput, EachRowInput, GranaryClient, Load } from '@granary/client';
import type { QueryClient } from '@tanstack/query-core';

/** What the cache calls things. A prefix invalidates everything below it. */
export const keys = {
  datasets: ['datasets'],
  list: (limit: number) => ['datasets', 'list', { limit }],
  rows: (selection: EachRowInput) => ['datasets', 'rows', selection],
  load: (versionId: string) => ['datasets', 'load', versionId],
} as const;

/** For `useQuery`, `new QueryObserver`, `queryClient.fetchQuery`. The signal ends the request of a page that is left. */
export const datasetsQuery = (client: GranaryClient, limit = 20) => ({
  queryKey: keys.list(limit),
  queryFn: ({ signal }: { signal: AbortSignal }) => client.datasets.list({ limit }, { signal }),
});

/** For `useInfiniteQuery` or `new InfiniteQueryObserver`: page after page, each from the cursor of the one before. */
export const rowsQuery = (client: GranaryClient, selection: EachRowInput, limit = 100) => ({
  queryKey: keys.rows(selection),
  initialPageParam: undefined,
  queryFn: ({ pageParam, signal }: { pageParam: string | undefined; signal: AbortSignal }) =>
    client.datasets.rows({ ...selection, limit, cursor: pageParam }, { signal }),
  getNextPageParam: (last: Awaited<ReturnType<GranaryClient['datasets']['rows']>>) => last.nextCursor ?? undefined,
});

/** For `useMutation` or `new MutationObserver`. */
export const createDatasetMutation = (client: GranaryClient, queryClient: QueryClient) => ({
  mutationFn: (input: DatasetsCreateInput) => client.datasets.create(input),
  onSuccess: () => queryClient.invalidateQueries({ queryKey: keys.datasets }),
});

/** Keeps the state of a load in the cache while it runs, for any component to show; then the lists are asked for anew. */
export async function followLoad(
  client: GranaryClient,
  queryClient: QueryClient,
  version: { datasetId: string; versionId: string },
  signal: AbortSignal,
): Promise<Load> {
  const load = await client.datasets.loaded(version, {
    signal,
    onProgress: (state) => queryClient.setQueryData(keys.load(version.versionId), state),
  });
  await queryClient.invalidateQueries({ queryKey: keys.datasets });
  return load;
}
