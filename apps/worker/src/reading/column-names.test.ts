import fc from 'fast-check';
import { expect, test } from 'vitest';
import { columnNames } from './column-names.ts';

test('legal names stay as they are', () => {
  expect(columnNames(['id', '_x', 'a__b', 'select', 'x1'])).toEqual(['id', '_x', 'a__b', 'select', 'x1']);
});

test('other names become the closest legal ones', () => {
  expect(columnNames(['Âge (years)', 'Größe', '2000', 'Cost Total $', 'Łódź', 'sample.yr'])).toEqual([
    'age_years',
    'grosse',
    '_2000',
    'cost_total',
    'lodz',
    'sample_yr',
  ]);
});

test('a column without a usable name is called by its position', () => {
  expect(columnNames(['', '  ', '名稱', '***'])).toEqual(['column_1', 'column_2', 'column_3', 'column_4']);
});

test('equal names are numbered, past names that are taken already', () => {
  expect(columnNames(['a', 'A', 'a', 'a_2'])).toEqual(['a', 'a_2', 'a_3', 'a_2_2']);
});

test('names of system columns and of our own are never given away', () => {
  const names = columnNames(['rowid', 'tenant_id', 'user_id', 'ctid', 'XMIN', 'tableoid', '__proto__']);
  expect(names).toEqual(['rowid_2', 'tenant_id_2', 'user_id_2', 'ctid_2', 'xmin_2', 'tableoid_2', '__proto___2']);
});

test('thousands of names that differ only after 63 bytes become different names quickly', () => {
  const names = columnNames(Array.from({ length: 20_000 }, (_, index) => `${'GATTACA'.repeat(40)}${index}`));
  expect(new Set(names).size).toBe(20_000);
  expect(Math.max(...names.map((name) => name.length))).toBe(63);
});

test('whatever the originals are, the names are legal, different and not reserved', () => {
  const reserved = ['rowid', 'tenant_id', 'user_id', 'ctid', 'xmin', 'xmax', 'cmin', 'cmax', 'tableoid', '__proto__'];
  const original = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.constantFrom('a', 'A', 'a_2', 'rowid', ' ctid '),
  );
  fc.assert(
    fc.property(fc.array(original), (originals) => {
      const names = columnNames(originals);
      expect(names).toHaveLength(originals.length);
      expect(new Set(names).size).toBe(names.length);
      for (const name of names) {
        expect(name).toMatch(/^[a-z_][a-z0-9_]{0,62}$/);
        expect(reserved).not.toContain(name);
      }
    }),
  );
});
