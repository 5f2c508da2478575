import { actions } from '@granary/domain';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { jsonSchemaOf } from './json-schema.ts';
import { readQuery, spellingsOf } from './read-query.ts';

const input = z.object({
  limit: z.int().min(1).default(50),
  ratio: z.number().optional(),
  deep: z.boolean().optional(),
  columns: z.array(z.string()).optional(),
  numbers: z.array(z.int()).optional(),
  order: z.array(z.object({ column: z.string() })).optional(),
  filter: z.union([z.object({ a: z.string() }), z.object({ b: z.string() })]).optional(),
  name: z.string().nullable().optional(),
  kind: z.enum(['a', 'b']).optional(),
  version: z.union([z.int(), z.string()]).optional(),
});
const spellings = spellingsOf(jsonSchemaOf(input, 'input'));
const read = (query: string) =>
  readQuery(
    Object.fromEntries(
      [...new URLSearchParams(query).keys()].map((name) => {
        const all = new URLSearchParams(query).getAll(name);
        return [name, all.length > 1 ? all : all[0]];
      }),
    ),
    spellings,
  );

test.for([
  ['limit=5', { limit: 5 }],
  ['limit=-5', { limit: -5 }],
  ['version=5', { version: 5 }],
  ['version=production', { version: 'production' }],
  ['ratio=1.5e3', { ratio: 1500 }],
  ['limit=five', { limit: 'five' }],
  ['limit=', { limit: '' }],
  ['limit=0x10', { limit: '0x10' }],
  ['limit=1&limit=2', { limit: ['1', '2'] }],
  ['deep=true', { deep: true }],
  ['deep=false', { deep: false }],
  ['deep=yes', { deep: 'yes' }],
  ['columns=a,b', { columns: ['a', 'b'] }],
  ['columns=a&columns=b,c', { columns: ['a', 'b', 'c'] }],
  ['columns=["a","b"]', { columns: ['a', 'b'] }],
  ['order=[{"column":"a"}]', { order: [{ column: 'a' }] }],
  ['filter={"a":"1"}', { filter: { a: '1' } }],
  ['name=true', { name: 'true' }],
  ['name=5', { name: '5' }],
  ['kind=a', { kind: 'a' }],
  ['', {}],
] as const)('?%s is read by the type of its field', ([query, expected]) => {
  expect(read(query)).toEqual(expected);
});

test('a parameter that the input does not have is refused, and the others are named', () => {
  expect(() => read('limt=5')).toThrow('there is no parameter "limt" here');
});

test('broken JSON is the caller’s error', () => {
  expect(() => read('filter={"a"')).toThrow(expect.objectContaining({ kind: 'invalid' }));
});

test('every field of every action has a spelling that its type can be written in', () => {
  const rows = actions.find(({ name }) => name === 'datasets.rows');
  expect(Object.fromEntries(spellingsOf(jsonSchemaOf(rows!.input, 'input')))).toEqual({
    datasetId: 'text',
    version: 'number',
    columns: 'list',
    filter: 'json',
    order: 'json',
    limit: 'number',
    cursor: 'text',
  });
});
