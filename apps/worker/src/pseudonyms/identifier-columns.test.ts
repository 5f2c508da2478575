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
