import { createTestDatabase } from '@granary/db/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DomainError } from '../errors/domain-error.ts';
import { createPipelineScene } from '../testing/pipeline-scene.ts';
import { createPipeline } from './create-pipeline.ts';
import { getPipeline } from './get-pipeline.ts';

const database = await createTestDatabase();
const { call, edge, newDataset, target, port } = await createPipelineScene(database, 'random graphs');

type Type = 'bigint' | 'text';
const types = ['bigint', 'text'] as const;
const table = (type: Type) => ({ columns: [{ name: 'id', type }], rows: [['1']] });
/** Two with rows, of one type each; and some without any. */
const filled: readonly Type[] = types;
const datasets = [
  ...(await Promise.all(filled.map(async (type) => (await newDataset(`${type} rows`, table(type))).datasetId))),
  ...(await Promise.all([0, 1, 2, 3].map((n) => target(`empty ${n}`)))),
];
const kinds: readonly { readonly inputs: readonly Type[]; readonly output: Type }[] = types.flatMap((output) => [
  ...types.map((input) => ({ inputs: [input], output })),
  { inputs: types, output },
]);
const portNames = ['left', 'right'] as const;
const edges = await Promise.all(
  kinds.map(({ inputs, output }) =>
    edge(`${inputs} to ${output}`, {
      inputs: inputs.map((type, index) => port(portNames[index] ?? '', type)),
      output: port('out', output),
    }),
  ),
);

interface Step {
  readonly name: string;
  readonly kind: number;
  /** Of each port, the dataset; null: nothing. */
  readonly inputs: readonly (number | null)[];
  readonly output: number | null;
}

const dataset = fc.option(fc.nat(datasets.length - 1), { freq: 25 });
const graph: fc.Arbitrary<Step[]> = fc
  .array(fc.record({ kind: fc.nat(kinds.length - 1), inputs: fc.tuple(dataset, dataset), output: dataset }), {
    minLength: 1,
    maxLength: 6,
  })
  .map((steps) =>
    steps.map(({ inputs, ...step }, index) => ({
      ...step,
      name: `s${index}`,
      inputs: inputs.slice(0, kinds[step.kind]?.inputs.length),
    })),
  );
/** Mostly right: each step reads from what comes before it, by type, and writes something of its own. */
const likelyRight: fc.Arbitrary<Step[]> = fc
  .tuple(fc.array(fc.tuple(fc.nat(), fc.nat(), fc.nat()), { minLength: 1, maxLength: 4 }), fc.nat())
  .map(([choices, seed]) => {
    const known: [number, Type][] = filled.map((type, index) => [index, type]);
    const steps = choices.map(([kind, left, right], index) => {
      const { inputs, output } = kinds[kind % kinds.length] ?? { inputs: [], output: 'text' };
      const pick = (type: Type, by: number) => {
        const fitting = known.filter(([, each]) => each === type);
        return fitting[by % fitting.length]?.[0] ?? null;
      };
      const step = {
        name: `s${index}`,
        kind: kind % kinds.length,
        inputs: inputs.map((type, at) => pick(type, at === 0 ? left : right)),
        output: index + filled.length,
      };
      known.push([step.output, output]);
      return step;
    });
    return seed % 2 === 0 ? steps : steps.toReversed();
  });

const makerOf = (steps: readonly Step[], input: number) => steps.find(({ output }) => output === input);

/** The steps from which a step reads. */
const needs = (steps: readonly Step[], { inputs }: Step): string[] =>
  [...new Set(inputs.flatMap((input) => (input === null ? [] : (makerOf(steps, input)?.name ?? []))))].sort();

/** Every problem that there is, as `kind step port`; of cycles, that there is one. By trying all paths. */
function problemsOf(steps: readonly Step[]): Set<string> {
  const problems = new Set<string>();
  for (const step of steps) {
    if (step.output === null) problems.add(`dangling ${step.name} out`);
    else if (steps.filter(({ output }) => output === step.output).length > 1) problems.add(`twice ${step.output}`);
    for (const [index, input] of step.inputs.entries()) {
      const at = `${step.name} ${portNames[index]}`;
      const maker = input === null ? undefined : makerOf(steps, input);
      const given = maker ? kinds[maker.kind]?.output : filled[input ?? -1];
      if (given === undefined) problems.add(`dangling ${at}`);
      else if (given !== kinds[step.kind]?.inputs[index]) problems.add(`misfit ${at}`);
    }
  }
  const arcs = new Map(steps.map((step) => [step.name, needs(steps, step)]));
  const comesBack = (from: string, at: string, seen: readonly string[]): boolean =>
    (arcs.get(at) ?? []).some(
      (next) => next === from || (!seen.includes(next) && comesBack(from, next, [...seen, next])),
    );
  if (steps.some(({ name }) => comesBack(name, name, []))) problems.add('cycle');
  return problems;
}

/** What an error says, in the words of the model; and that a cycle which it names is one. */
function said({ details, message }: DomainError, steps: readonly Step[]): string {
  const { reason, step, port: at, cycle, misfits, steps: writers } = details;
  if (reason === 'dangling') return `dangling ${step} ${at}`;
  if (misfits !== undefined) return `misfit ${step} ${at}`;
  if (Array.isArray(writers)) return `twice ${steps.find(({ name }) => name === writers[0])?.output}`;
  if (reason !== 'cycle' || !Array.isArray(cycle)) return message;
  expect(cycle[0]).toBe(cycle.at(-1));
  expect(new Set(cycle.slice(1)).size).toBe(cycle.length - 1);
  for (const [index, from] of cycle.slice(0, -1).entries()) {
    const reader = steps.find(({ name }) => name === cycle[index + 1]);
    expect(reader && needs(steps, reader)).toContain(from);
  }
  return 'cycle';
}

const stepInput = (step: Step) => ({
  name: step.name,
  edgeId: edges[step.kind] ?? '',
  inputs: Object.fromEntries(
    step.inputs.flatMap((input, index) =>
      input === null ? [] : [[portNames[index] ?? '', { datasetId: datasets[input] ?? '' }]],
    ),
  ),
  ...(step.output !== null && { output: { datasetId: datasets[step.output] ?? '' } }),
});

test('a graph is taken if nothing is wrong with it, and otherwise what is named is wrong with it', async () => {
  const met = new Map<string, number>();
  let made = 0;
  await fc.assert(
    fc.asyncProperty(fc.oneof(graph, likelyRight), async (steps) => {
      const problems = problemsOf(steps);
      made += 1;
      const answer = await call(createPipeline, { name: `graph ${made}`, steps: steps.map(stepInput) }).catch(
        (error: unknown) => error,
      );
      if (answer instanceof DomainError) {
        const named = said(answer, steps);
        expect(problems).toContain(named);
        met.set(named.split(' ')[0] ?? '', (met.get(named.split(' ')[0] ?? '') ?? 0) + 1);
        return;
      }
      expect([...problems]).toEqual([]);
      const { id: pipelineId } = createPipeline.output.parse(answer);
      const { current } = await call(getPipeline, { pipelineId });
      const places = new Map(current.steps.map(({ name }, place) => [name, place]));
      for (const step of current.steps) {
        const asked = steps.find(({ name }) => name === step.name);
        expect(step.dependsOn.toSorted()).toEqual(asked && needs(steps, asked));
        for (const before of step.dependsOn) expect(places.get(before)).toBeLessThan(places.get(step.name) ?? -1);
      }
      met.set('none', (met.get('none') ?? 0) + 1);
    }),
    { numRuns: 250 },
  );
  // or what was compared says little
  for (const kind of ['none', 'dangling', 'misfit', 'twice']) expect(met.get(kind) ?? 0, kind).toBeGreaterThan(0);
});

test('of random rings and what hangs on them, the ring is named', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.infiniteStream(fc.nat()), async (length, random) => {
      const order = Array.from({ length }, (_, n) => n).toSorted(() => (Number(random.next().value) % 2) - 0.5);
      const steps: Step[] = order.map((n) => ({
        name: `s${n}`,
        kind: 0,
        inputs: [filled.length + ((n + length - 1) % length)],
        output: filled.length + n,
      }));
      const error = await call(createPipeline, { name: 'ring', steps: steps.map(stepInput) }).catch((e: unknown) => e);
      if (!(error instanceof DomainError)) throw new Error('a ring was taken');
      expect(said(error, steps)).toBe('cycle');
      expect(error.details.cycle).toHaveLength(length + 1);
    }),
    { numRuns: 25 },
  );
});
