// Compiled in the workspace, and by package.test.ts in a project of its own against the packed client: in Node's way
// and in a browser bundler's. Each line under a @ts-expect-error must not compile.
import {
  type CellValue,
  createGranaryClient,
  type Dataset,
  type GranaryErrorKind,
  type InputOf,
  isGranaryError,
  type Load,
  type OutputOf,
} from '@granary/client';

const url = 'http://localhost:4780';
const client = createGranaryClient({ url, auth: { accessToken: async () => 'token' } });
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(_equal: Equal<A, B>): void => {};

export async function calls(datasetId: string): Promise<void> {
  const { items } = await client.datasets.list();
  same<typeof items, Dataset[]>(true);
  const { rows } = await client.datasets.rows({
    datasetId,
    filter: { and: [{ column: 'age', op: 'gte', value: 18 }, { not: { column: 'name', op: 'isNull' } }] },
    order: [{ column: 'age', direction: 'desc' }],
  });
  same<typeof rows, CellValue[][]>(true);
  const me = await client.session.whoAmI();
  same<typeof me.keyId, string | null>(true);
  for await (const load of client.datasets.watchLoad({ datasetId, versionId: '' })) same<typeof load, Load>(true);
  for await (const row of client.datasets.eachRow({ datasetId })) same<typeof row, Record<string, CellValue>>(true);
  for await (const row of client.datasets.eachRow({ datasetId }, { as: 'array' })) same<typeof row, CellValue[]>(true);

  // @ts-expect-error an input that is missing
  await client.datasets.get();
  // @ts-expect-error a field that is missing
  await client.datasets.create({ description: 'no name' });
  // @ts-expect-error a field that does not exist
  await client.datasets.rows({ datasetId, where: 'age > 18' });
  // @ts-expect-error an operator that does not exist
  await client.datasets.rows({ datasetId, filter: { column: 'age', op: 'like', value: '1%' } });
  // @ts-expect-error a scope that does not exist
  await client.keys.create({ name: 'ci', scopes: ['dataset:everything'] });
  // @ts-expect-error an input where none is taken
  await client.session.whoAmI({ userId: '' });
  // @ts-expect-error an operation that does not exist
  await client.datasets.explode({ datasetId });
  // @ts-expect-error an output of another type
  const wrong: string = (await client.datasets.get({ datasetId })).rows;
  // @ts-expect-error a field of the output that does not exist
  me.password;
  // @ts-expect-error a new dataset has a name, the next version of one has not
  await client.datasets.upload(new Uint8Array(), { datasetId, name: wrong });
  // @ts-expect-error neither key, token nor cookie
  createGranaryClient({ url, auth: {} });
}

export type NamedTypes = [
  Expect<Equal<InputOf<'datasets.load'>['uploadId'], string>>,
  Expect<Equal<OutputOf<'datasets.get'>, Dataset>>,
  Expect<Equal<OutputOf<'datasets.watchLoad'>, Load>>,
];
type Expect<T extends true> = T;

/** A kind that is added or taken away does not compile until it is here. */
const words = {
  invalid: 'Check what you entered',
  unauthenticated: 'Sign in',
  forbidden: 'Ask for access',
  not_found: 'Gone',
  conflict: 'Somebody was faster',
  precondition: 'Not now',
  limit_reached: 'Later',
  unavailable: 'Later',
  internal: 'Our fault',
  network: 'No connection',
  aborted: '',
} satisfies Record<GranaryErrorKind, string>;

export function say(error: unknown): string {
  if (!isGranaryError(error)) throw error;
  if (isGranaryError(error, 'limit_reached')) same<typeof error.kind, 'limit_reached'>(true);
  // @ts-expect-error a kind that does not exist
  if (error.kind === 'teapot') return '';
  return words[error.kind];
}
