import { expect, test } from 'vitest';
import { identifierColumns } from './identifier-columns.ts';

test('an identifier is found by its name in the header, and by the legal name made of it', () => {
  expect([...identifierColumns(['Patient ID', 'age', 'Name'], ['patient_id', 'Name'])]).toEqual([0, 2]);
  expect([...identifierColumns(['', ''], ['column_2'])]).toEqual([1]);
});

test('every column of the name is one', () => {
  expect([...identifierColumns(['id', 'age', 'id'], ['id'])]).toEqual([0, 2]);
});

test('a missing one ends the load, without a word of what the file holds', () => {
  const failing = () => identifierColumns(['Jane Doe', '64'], ['patient_id']);
  expect(failing).toThrow('no column "patient_id"');
  expect(failing).not.toThrow('Jane');
});

test('a file that goes into a version may leave one out, if none of its columns can be one by another name', () => {
  const head = new Map(['patient_id', 'name', 'age'].map((name) => [name, { holdsPseudonyms: name === 'patient_id' }]));
  expect([...identifierColumns(['Age', 'name'], ['patient_id', 'name'], head)]).toEqual([1]);
  expect(() => identifierColumns(['age', 'pid'], ['patient_id'], head)).toThrow('no column "patient_id"');
});

test('a column that holds pseudonyms in the version is one, also if the file calls it otherwise than was declared', () => {
  const head = new Map([['patient_id', { holdsPseudonyms: true }]]);
  expect([...identifierColumns(['patient_id'], ['Patient ID'], head)]).toEqual([0]);
});
