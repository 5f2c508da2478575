import { createTestDatabase } from '@granary/db/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { columnTypes } from '../datasets/column-types.ts';
import { contentDigest } from './content-digest.ts';
import { metadataOf } from './metadata.ts';
import { misfits } from './misfits.ts';
import { type Port, ports } from './schema.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const ask = async (sql: string, ...values: unknown[]) => {
  const { rows } = await owner.query(`select ${sql} as answer`, values);
  return rows[0].answer;
};

const name = fc.constantFrom('a', 'b', 'c', 'd');
const portOf = (nameOf: fc.Arbitrary<string>): fc.Arbitrary<Port> =>
  fc.record({
    name: nameOf,
    columns: fc.uniqueArray(
      fc.record({ name, type: fc.constantFrom(...columnTypes.slice(0, 7)), nullable: fc.boolean() }),
      { selector: (column) => column.name, maxLength: 4 },
    ),
  });

test('a port fits itself; what fits one port that fits another fits that one', () => {
  fc.assert(
    fc.property(portOf(name), portOf(name), portOf(name), (a, b, c) => {
      expect(misfits(a, a)).toEqual([]);
      if (misfits(a, b).length === 0 && misfits(b, c).length === 0) expect(misfits(a, c)).toEqual([]);
    }),
  );
});

test('the database finds the same misfits, in the same order', async () => {
  await fc.assert(
    fc.asyncProperty(portOf(name), portOf(name), async (source, target) => {
      const found = await ask('app.misfits($1, $2)', JSON.stringify(source), JSON.stringify(target));
      expect(found).toEqual(misfits(source, target));
    }),
  );
});

test('the database takes for ports what the schema does', async () => {
  const broken = fc.oneof(
    fc.jsonValue(),
    fc.array(portOf(fc.constantFrom('p', 'q', 'Q', ''))),
    fc.array(
      fc.record(
        {
          name: fc.jsonValue(),
          columns: fc.array(
            fc.record(
              {
                name: fc.oneof(name, fc.jsonValue()),
                type: fc.oneof(fc.constant('text'), fc.jsonValue()),
                nullable: fc.oneof(fc.boolean(), fc.jsonValue()),
              },
              { requiredKeys: [] },
            ),
          ),
        },
        { requiredKeys: [] },
      ),
    ),
  );
  let fitting = 0;
  await fc.assert(
    fc.asyncProperty(broken, async (value) => {
      const text = JSON.stringify(value);
      fc.pre(!/\\u0000|\\ud[89a-f]/.test(text)); // no jsonb at all
      const parsed = ports.safeParse(value);
      if (parsed.success) fitting += 1;
      const said = parsed.success ? JSON.stringify(parsed.data) : text;
      expect(await ask('app.are_ports($1)', said)).toBe(parsed.success);
    }),
    { numRuns: 500 },
  );
  expect(fitting).toBeGreaterThan(5);
});

test.each(['dataset', 'model', 'edge'] as const)(
  'metadata of a %s is for the database what it is for the schema',
  async (kind) => {
    const field = fc.constantFrom(
      'license',
      'citation',
      'keywords',
      'framework',
      'metrics',
      'artifact',
      'documentation',
      'hyperparameters',
      'own',
    );
    const value = fc.oneof(
      fc.string(),
      fc.integer(),
      fc.constant(null),
      fc.array(fc.string()),
      fc.array(fc.integer()),
      fc.dictionary(fc.constantFrom('auc', 'f1'), fc.oneof(fc.integer(), fc.string())),
      fc.record({ uri: fc.string(), sha256: fc.constantFrom('a'.repeat(64), 'short') }, { requiredKeys: [] }),
    );
    await fc.assert(
      fc.asyncProperty(fc.dictionary(field, value), async (metadata) => {
        const text = JSON.stringify(metadata);
        fc.pre(!/\\u0000|\\ud[89a-f]/.test(text));
        expect(await ask('app.is_metadata($1, $2)', kind, text)).toBe(metadataOf[kind].safeParse(metadata).success);
      }),
      { numRuns: 300 },
    );
  },
);

test('a digest is the same for what says the same', () => {
  expect(contentDigest({ b: [1, 'é'], a: null })).toBe(contentDigest({ a: null, b: [1.0, 'é'] }));
  expect(contentDigest({})).toBe('44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a');
});
