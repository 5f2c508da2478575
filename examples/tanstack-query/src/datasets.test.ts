import { createGranaryClient, type Dataset } from '@granary/client';
import { InfiniteQueryObserver, MutationObserver, QueryObserver } from '@tanstack/query-core';
import { expect, test } from 'vitest';
import { createQueryClient } from './create-query-client.ts';
import { createDatasetMutation, datasetsQuery, rowsQuery } from './datasets.ts';

const dataset: Dataset = {
  id: 'd1',
  name: 'visits',
  description: '',
  origin: '',
  ownerId: 'u1',
  identifiers: [],
  version: null,
  rows: null,
  createdAt: '2026-03-01T00:00:00Z',
  updatedAt: '2026-03-01T00:00:00Z',
};

/** A client whose API answers each request by the given answers in turn, the last one again and again. */
function clientOf(...answers: readonly unknown[]) {
  const paths: string[] = [];
  const fetch = async (url: unknown) => {
    const { pathname } = new URL(String(url));
    const answer = answers[Math.min(paths.length, answers.length - 1)];
    paths.push(pathname.replace('/trpc/', ''));
    return Response.json([answer]);
  };
  const client = createGranaryClient({ url: 'http://granary.invalid', auth: { cookie: true }, fetch });
  return { client, paths };
}
const result = (json: unknown) => ({ result: { data: { json } } });
const failure = (kind: string, httpStatus: number) => ({
  error: { json: { message: kind, code: -32_000, data: { kind, httpStatus, details: {}, requestId: 'r1' } } },
});

test('a list comes from the cache the second time, and anew after a dataset was created', async () => {
  const list = result({ items: [dataset], nextCursor: null });
  const { client, paths } = clientOf(list, result({ dataset, versionId: null }), list);
  const queryClient = createQueryClient();
  await queryClient.fetchQuery(datasetsQuery(client));
  const { items } = await queryClient.fetchQuery(datasetsQuery(client));
  expect(items).toEqual([dataset]);

  await new MutationObserver(queryClient, createDatasetMutation(client, queryClient)).mutate({ name: 'visits' });
  await queryClient.fetchQuery(datasetsQuery(client));
  expect(paths).toEqual(['datasets.list', 'datasets.create', 'datasets.list']);
});

test('rows come page after page', async () => {
  const page = (row: number, nextCursor: string | null) =>
    result({ version: 1, columns: [{ name: 'n', type: 'bigint' }], rowIds: [row], rows: [[row]], nextCursor });
  const { client } = clientOf(page(1, 'after-1'), page(2, null));
  const observer = new InfiniteQueryObserver(createQueryClient(), rowsQuery(client, { datasetId: 'd1' }));
  await observer.refetch();
  expect(observer.getCurrentResult().hasNextPage).toBe(true);
  const { data, hasNextPage } = await observer.fetchNextPage();
  expect(data?.pages.flatMap(({ rows }) => rows)).toEqual([[1], [2]]);
  expect(hasNextPage).toBe(false);
});

test('what cannot pass is shown at once, by its kind', async () => {
  const { client, paths } = clientOf(failure('forbidden', 403));
  const observer = new QueryObserver(createQueryClient(), datasetsQuery(client));
  const { error } = await observer.refetch();
  expect(error?.kind).toBe('forbidden');
  expect(paths).toHaveLength(1);
});

test('what may pass is tried again', async () => {
  const { client, paths } = clientOf(failure('unavailable', 503), result({ items: [], nextCursor: null }));
  const { items } = await createQueryClient().fetchQuery({ ...datasetsQuery(client), retryDelay: 0 });
  expect(items).toEqual([]);
  expect(paths).toHaveLength(2);
});
