import { expect, test } from 'vitest';
import type { InspectedColumn, Inspection } from '../reading/inspection.ts';
import { type Delivery, type HeadColumn, requireFit } from './delivery.ts';
import { typesOfHead } from './head-types.ts';

const evidence = {
  values: 1,
  nulls: 0,
  nullSpellings: [],
  emptyStrings: 0,
  fits: {},
  misfits: [],
  spelling: null,
  reason: 'the values are text',
};
const column = (name: string, type: InspectedColumn['type'] = 'text', changed = {}): InspectedColumn => ({
  originalName: name.toUpperCase(),
  name,
  type,
  evidence: { ...evidence, ...changed },
});
const head = new Map<string, HeadColumn>([
  ['id', { type: 'bigint', holdsPseudonyms: false }],
  ['name', { type: 'text', holdsPseudonyms: false }],
]);
const delivery: Delivery = {
  sha256: 'a'.repeat(64),
  fileName: 'people.csv',
  bytes: 1,
  identifiers: [],
  options: {},
  mode: 'append',
  keyColumns: [],
  newColumns: 'refuse',
  columns: head,
};
const inspection = (...columns: InspectedColumn[]): Inspection => ({
  format: 'csv',
  container: null,
  encoding: 'utf-8',
  bom: false,
  offsetsIn: 'file',
  dialect: null,
  columns,
  inputRows: 1,
  cleanRows: 1,
  quarantinedRows: 0,
  notes: [],
});
const fit = (changed: Partial<Delivery>, ...columns: InspectedColumn[]) =>
  requireFit({ ...delivery, ...changed }, inspection(...columns), 3);

test('columns that the dataset does not have are named, up to ten, and only where they hold a value', () => {
  fit({}, column('id'), column('note', 'text', { values: 0 }));
  const many = Array.from({ length: 12 }, (_, i) => column(`x${i}`));
  expect(() => fit({}, column('id'), ...many)).toThrow(/no column x0, .*x9 and 2 more: say newColumns/);
  expect(() => fit({}, column('id'), column('note', 'text', { values: 0, emptyStrings: 1 }))).toThrow('no column note');
  fit({ newColumns: 'quarantine' }, column('id'), ...many);
});

test('columns are added up to the limit that a dataset has', () => {
  fit({ newColumns: 'add' }, column('id'), column('note'));
  expect(() => fit({ newColumns: 'add' }, column('id'), column('note'), column('other'))).toThrow(
    expect.objectContaining({ kind: 'limit_reached', details: { limit: 3 } }),
  );
});

test('types of the dataset are said of columns with values of another one, and of no others', () => {
  const of = (...columns: InspectedColumn[]) => typesOfHead(delivery, columns);
  expect(of(column('id', 'bigint'), column('name'), column('note', 'date'))).toEqual({});
  expect(of(column('id', 'text'), column('name', 'bigint'))).toEqual({ id: 'bigint', name: 'text' });
  expect(of(column('id', 'text', { values: 0 }))).toEqual({});
  expect(of(column('id', 'text', { values: 0, emptyStrings: 2 }))).toEqual({ id: 'bigint' });
});

test('a type that the user says, by either name of the column, must be that of the dataset', () => {
  for (const name of ['id', 'ID'])
    expect(() => typesOfHead({ ...delivery, options: { types: { [name]: 'text' } } }, [column('id', 'text')])).toThrow(
      expect.objectContaining({ kind: 'invalid', details: { column: 'id', type: 'bigint' } }),
    );
  const said = { ...delivery, options: { types: { id: 'bigint' as const } } };
  expect(typesOfHead(said, [column('id', 'bigint')])).toEqual({});
});
