import { expect, test } from 'vitest';
import { z } from 'zod';
import { DomainError } from './domain-error.ts';
import { parseInput } from './parse-input.ts';
import { toDomainError } from './to-domain-error.ts';

const databaseError = (code: string, detail?: string) =>
  Object.assign(new Error('row of table users: secret'), { code, ...(detail && { detail }) });

test.for([
  ['23505', 'conflict'],
  ['42501', 'forbidden'],
  ['57014', 'unavailable'],
  ['22P02', 'invalid'],
  ['08006', 'unavailable'],
  ['ECONNREFUSED', 'unavailable'],
] as const)('%s is %s, without the words of the database', ([code, kind]) => {
  const error = toDomainError(databaseError(code, 'Key (email)=(a@b.c)'));
  expect(error).toMatchObject({ kind, details: {} });
  expect((error as Error).message).not.toContain('secret');
});

test('what our own functions raise keeps its words and its details', () => {
  expect(toDomainError(databaseError('GR429', '{"limit": 5}'))).toMatchObject({
    kind: 'limit_reached',
    message: 'row of table users: secret',
    details: { limit: 5 },
  });
});

test('a name that is taken is said to be', () => {
  const error = Object.assign(databaseError('23505'), { constraint: 'datasets_tenant_id_owner_id_name_key' });
  expect(toDomainError(error)).toMatchObject({
    kind: 'conflict',
    message: expect.stringContaining('a dataset of this name'),
  });
});

test.for([
  'timeout exceeded when trying to connect',
  'Connection terminated unexpectedly',
  'Connection terminated due to connection timeout',
])('%s is a reason to try again', (message) => {
  expect(toDomainError(new Error(message))).toMatchObject({ kind: 'unavailable' });
});

test('what is not known stays what it is', () => {
  const error = databaseError('XX000');
  expect(toDomainError(error)).toBe(error);
});

test('input that does not fit is the sender’s, a value of our own that does not is a defect', () => {
  const schema = z.object({ name: z.string(), size: z.object({ bytes: z.int() }) });
  expect(() => parseInput(schema, { name: 1, size: { bytes: 'x' } })).toThrow(
    expect.objectContaining({
      kind: 'invalid',
      message: expect.stringContaining('name: '),
      details: { issues: [expect.objectContaining({ path: 'name' }), expect.objectContaining({ path: 'size.bytes' })] },
    }),
  );
  const ours = schema.safeParse({}).error;
  expect(toDomainError(ours)).toBe(ours);
  expect(ours).not.toBeInstanceOf(DomainError);
});
