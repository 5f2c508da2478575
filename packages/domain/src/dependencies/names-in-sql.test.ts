import fc from 'fast-check';
import { expect, test } from 'vitest';
import { namesInSql } from './names-in-sql.ts';

test('tables are among the names, and what is text or comment is not', () => {
  const sql = `-- from commented
select a."id", 'from texted', $$ from dollared $$ /* from blocked */ from Orders a join "My ""Table" using (id)`;
  expect([...namesInSql(sql)].sort()).toEqual(['a', 'from', 'id', 'join', 'my "table', 'orders', 'select', 'using']);
});

test('a quoted name is found whatever stands around it, and text never is', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (name, text) => {
      const sql = `select '${text.replaceAll("'", "''")}' from "${name.replaceAll('"', '""')}"`;
      const names = namesInSql(sql);
      if (name !== '') expect(names.has(name.toLowerCase())).toBe(true);
      expect(names.size).toBeLessThanOrEqual(3);
    }),
  );
});
