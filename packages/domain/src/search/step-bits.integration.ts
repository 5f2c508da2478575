import { createTestDatabase } from '@granary/db/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';

const owner = (await createTestDatabase()).pool('postgres');

test('the four bits of each number are its step from −2.5 to 2.5 times the root mean square', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc
        .array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 1, maxLength: 70 })
        .filter((numbers) => Math.hypot(...numbers) > 0.01),
      async (numbers) => {
        const length = Math.hypot(...numbers);
        const vector = numbers.map((x) => Math.fround(x / length));
        const { rows } = await owner.query<{ bits: string }>(
          'select app.step_bits($1::real[], place)::text as bits from generate_series(0, 3) place order by place',
          [vector],
        );
        for (const [at, x] of vector.entries()) {
          const step = rows.reduce((sum, { bits }, place) => sum + Number(bits[at]) * 2 ** place, 0);
          const exact = (Math.max(-2.5, Math.min(2.5, x * Math.sqrt(vector.length))) + 2.5) * 3;
          expect(Math.abs(step - exact)).toBeLessThanOrEqual(0.5001);
        }
      },
    ),
    { numRuns: 30 },
  );
});
