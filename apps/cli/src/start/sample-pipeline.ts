import { readFile } from 'node:fs/promises';
import type { InputOf } from '@granary/client';
import type { LoadedSample } from '../samples/load-sample.ts';
import { parseCsv } from '../samples/parse-csv.ts';
import type { Scene } from '../samples/prove-isolation.ts';
import { sampleFiles } from '../samples/sample-files.ts';

type Step = InputOf<'pipelines.create'>['steps'][number];
type Ports = InputOf<'edges.create'>['inputs'];

export interface Steps {
  readonly steps: readonly Step[];
  /** The same, with what comes out as a block. */
  into(blockId: string): Step[];
  /** In the order of the steps, with what each is verified over. */
  readonly edges: readonly {
    readonly edgeId: string;
    readonly inputs: NonNullable<InputOf<'edges.verify'>['inputs']>;
  }[];
  /** The datasets that a step reads. */
  reads(step: string): string[];
  readonly resultId: string;
  /** The block of the first input. */
  readonly placesId: string;
}

const column = (name: string, type: 'text' | 'bigint') => ({ name, type, nullable: true });
const columns = {
  cities: [column('city', 'text'), column('state', 'text')],
  strikes: [column('airport_name', 'text'), column('cost_total', 'bigint')],
  joined: [column('state', 'text'), column('cost', 'bigint')],
  totals: [column('state', 'text'), column('strikes', 'bigint'), column('cost', 'bigint')],
};

const clean = `select upper(city) as city, min(state) as state from places where city is not null and state is not null
  group by upper(city) having count(distinct state) = 1`;
const join = `select c.state, s.cost_total as cost from strikes s join cities c on c.city = upper(split_part(s.airport_name, ' ', 1))`;
const aggregate = 'select state, count(*) as strikes, sum(cost) as cost from joined group by state order by state';

/** Three edges over the samples: cities that are of one state alone; strikes at airports called like one; and those by state. */
export async function makeSteps({ clients: { owner }, samples }: Scene): Promise<Steps> {
  const [places, strikes] = [sampleOf(samples, 'zipcodes'), sampleOf(samples, 'birdstrikes')];
  const block = async (sample: LoadedSample) =>
    (await owner.blocks.create({ name: sample.name, blockType: 'dataset', datasetId: sample.datasetId })).id;
  const [placesId, strikesId] = [await block(places), await block(strikes)];
  const target = async (name: string) => (await owner.datasets.create({ name })).dataset.id;
  const [cities, joined, totals] = [
    await target('cities of one state'),
    await target('strikes'),
    await target('totals'),
  ];
  const edge = async (
    name: string,
    sql: string,
    inputs: Ports,
    output: Ports[number]['columns'],
    fed: [string, string][],
  ) => {
    const made = await owner.edges.create({
      name,
      inputs,
      outputs: [{ name: 'out', columns: output }],
      implementation: { kind: 'sql', sql },
      bindings: fed.map(([port, blockId]) => ({ direction: 'input', port, blockId, blockPort: 'rows' })),
    });
    return made.id;
  };
  const cleaning = await edge('clean', clean, [{ name: 'places', columns: columns.cities }], columns.cities, [
    ['places', placesId],
  ]);
  const both = [
    { name: 'cities', columns: columns.cities },
    { name: 'strikes', columns: columns.strikes },
  ];
  const joining = await edge('join', join, both, columns.joined, [['strikes', strikesId]]);
  const summing = await edge('aggregate', aggregate, [{ name: 'joined', columns: columns.joined }], columns.totals, []);
  const steps = [
    { name: 'clean', edgeId: cleaning, output: { datasetId: cities } },
    { name: 'join', edgeId: joining, inputs: { cities: { datasetId: cities } }, output: { datasetId: joined } },
  ];
  const last = { name: 'aggregate', edgeId: summing, inputs: { joined: { datasetId: joined } } };
  const read: Readonly<Record<string, string[]>> = {
    clean: [places.datasetId],
    join: [cities, strikes.datasetId],
    aggregate: [joined],
  };
  return {
    steps: [...steps, { ...last, output: { datasetId: totals } }],
    into: (blockId) => [...steps, { ...last, output: { blockId } }],
    edges: [
      { edgeId: cleaning, inputs: {} },
      { edgeId: joining, inputs: { cities: { rows: [{ city: 'BARKSDALE', state: 'LA' }] } } },
      { edgeId: summing, inputs: { joined: { rows: [{ state: 'LA', cost: 5 }] } } },
    ],
    reads: (step) => read[step] ?? [],
    resultId: totals,
    placesId,
  };
}

function sampleOf(samples: readonly LoadedSample[], name: string): LoadedSample {
  const found = samples.find((sample) => sample.name === name);
  if (!found) throw new Error(`there is no sample ${name}`);
  return found;
}

/** What the pipeline has to make of the files, without anything that loads or runs them: state, strikes, cost. */
export async function aggregateByHand(samples: readonly LoadedSample[]): Promise<string[][]> {
  const records = async (name: string, wanted: readonly string[]) => {
    const path = sampleFiles.find((sample) => sample.name === sampleOf(samples, name).name)?.path ?? '';
    const [header = [], ...rows] = parseCsv(await readFile(path, 'utf8'));
    return rows.map((row) => wanted.map((title) => row[header.indexOf(title)] ?? ''));
  };
  const states = new Map<string, Set<string>>();
  for (const [city = '', state = ''] of await records('zipcodes', ['city', 'state'])) {
    const key = city.toUpperCase();
    states.set(key, (states.get(key) ?? new Set()).add(state));
  }
  const totals = new Map<string, { strikes: number; cost: number }>();
  for (const [airport = '', cost = ''] of await records('birdstrikes', ['Airport Name', 'Cost Total $'])) {
    const [state, another] = states.get((airport.split(' ')[0] ?? '').toUpperCase()) ?? [];
    if (state === undefined || another !== undefined) continue;
    const before = totals.get(state) ?? { strikes: 0, cost: 0 };
    totals.set(state, { strikes: before.strikes + 1, cost: before.cost + Number(cost) });
  }
  return [...totals]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([state, { strikes, cost }]) => [state, String(strikes), String(cost)]);
}
