import type { EdgeVerification, GranaryClient, RunWithSteps } from '@granary/client';
import { secondsSince } from '../output/measures.ts';
import type { Scene } from '../samples/prove-isolation.ts';
import { Refusals } from './refusals.ts';
import { aggregateByHand, makeSteps, type Steps } from './sample-pipeline.ts';

export interface PipelineCheck {
  readonly runId: string;
  /** What each step published, in their order. */
  readonly rows: readonly number[];
  /** Of the run, from its launch to its end. */
  readonly seconds: number;
  /** How many versions were read for what the steps published. */
  readonly lineage: number;
  /** The block of what comes out: its version that the run made. */
  readonly blockVersion: number;
  /** What a column that is taken away would reach. */
  readonly impact: number;
  /** Launches, looks and changes that were turned away. */
  readonly refusals: number;
}

interface Proved {
  readonly pipeline: PipelineCheck | null;
  readonly problems: readonly string[];
}

/**
 * Builds a pipeline over two samples (clean, join, aggregate), has its edges verified, runs it, and holds what comes out against the same
 * made by hand; then its lineage, and what a change of the first input would break. On the way, what may not be is tried.
 */
export async function provePipeline(scene: Scene): Promise<Proved> {
  const {
    clients: { owner, colleague, stranger },
    signal,
  } = scene;
  const tried = new Refusals();
  const { problems, refused } = tried;
  const steps = await makeSteps(scene);
  const { id: pipelineId } = await owner.pipelines.create({ name: 'strikes by state', steps: steps.steps });
  await refused('a run of edges that were not verified', 'precondition', owner.runs.launch({ pipelineId }));
  for (const { edgeId, inputs } of steps.edges) {
    const { status, logs } = await verified(owner, edgeId, inputs, signal);
    if (status !== 'passed') return { pipeline: null, problems: [...problems, `an edge was not verified: ${logs}`] };
  }
  for (const who of [colleague, stranger])
    await refused('a run of somebody else’s pipeline', 'not_found', who.runs.launch({ pipelineId }));

  const first = await run(owner, pipelineId, 'first', signal);
  if (first.state !== 'succeeded') return { pipeline: null, problems: [...problems, failure(first)] };
  // what comes out is a block from now on, whose next version the next run makes
  const block = await owner.blocks.create({
    name: 'strikes by state',
    blockType: 'dataset',
    datasetId: steps.resultId,
  });
  await owner.pipelines.addVersion({ pipelineId, revision: null, steps: steps.into(block.id) });
  const started = performance.now();
  const second = await run(owner, pipelineId, 'second', signal);
  const seconds = secondsSince(started);
  if (second.state !== 'succeeded') return { pipeline: null, problems: [...problems, failure(second)] };
  const again = await owner.runs.launch({ pipelineId, launchKey: 'second' });
  if (again.id !== second.id || again.isNew) problems.push('a launch key launched twice');
  for (const who of [colleague, stranger])
    await refused('a look at somebody else’s run', 'not_found', who.runs.logs({ runId: second.id }));

  problems.push(...(await compare(owner, steps, scene)));
  const lineage = await lineageOf(owner, second, steps, problems);
  const blockVersion = second.steps.at(-1)?.blockVersion ?? 0;
  const made = (await owner.blocks.versions({ blockId: block.id })).find(({ version }) => version === blockVersion);
  if (blockVersion !== 2 || made?.datasetVersionId !== second.steps.at(-1)?.versionId)
    problems.push('the block of what came out has no version that points there');
  const impact = await impactOf(owner, steps, problems);
  const rows = second.steps.map((step) => step.rows ?? 0);
  return {
    pipeline: { runId: second.id, rows, seconds, lineage, blockVersion, impact, refusals: tried.refusals },
    problems,
  };
}

const failure = ({ state, error }: RunWithSteps) => `the run of the pipeline ${state}: ${error?.message}`;

async function run(client: GranaryClient, pipelineId: string, launchKey: string, signal: AbortSignal) {
  const { id: runId } = await client.runs.launch({ pipelineId, launchKey });
  for await (const news of client.runs.watch({ runId }, { signal })) if (news.type === 'log') continue;
  return client.runs.get({ runId });
}

async function verified(
  client: GranaryClient,
  edgeId: string,
  inputs: Steps['edges'][number]['inputs'],
  signal: AbortSignal,
): Promise<EdgeVerification> {
  const { id } = await client.edges.verify({
    edgeId,
    version: 1,
    inputs,
    expectations: { rows: [{ output: 'out', min: 1 }] },
  });
  for (;;) {
    signal.throwIfAborted();
    const found = (await client.edges.verifications({ edgeId })).find((each) => each.id === id);
    if (found && found.status !== 'pending') return found;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function compare(client: GranaryClient, { resultId }: Steps, { samples }: Scene): Promise<string[]> {
  const expected = await aggregateByHand(samples);
  const page = await client.datasets.rows({ datasetId: resultId, columns: ['state', 'strikes', 'cost'], order: [] });
  const found = page.rows.map((row) => row.map(String));
  return JSON.stringify(found) === JSON.stringify(expected)
    ? []
    : [`the pipeline made ${JSON.stringify(found)}, and by hand it is ${JSON.stringify(expected)}`];
}

/** Every step's version names what was read for it, by which edge, and the run. */
async function lineageOf(client: GranaryClient, run: RunWithSteps, { reads }: Steps, problems: string[]) {
  let lines = 0;
  for (const { name, datasetId, versionId, edgeId } of run.steps) {
    const found = await client.datasets.lineage({ datasetId });
    const mine = found.filter(
      (line) => line.versionId === versionId && line.runId === run.id && line.edgeId === edgeId,
    );
    const inputs = mine.map(({ inputDatasetId }) => inputDatasetId).sort();
    if (JSON.stringify(inputs) !== JSON.stringify(reads(name).toSorted()))
      problems.push(`the lineage of ${name} names ${inputs}`);
    lines += mine.length;
  }
  return lines;
}

async function impactOf(client: GranaryClient, { placesId, edges: [clean] }: Steps, problems: string[]) {
  const change = { remove: ['city'] };
  const { items, misfits } = await client.impact.of({ entityType: 'block', entityId: placesId, change });
  const broken = items.find(({ id }) => id === clean?.edgeId);
  if (broken?.effect !== 'breaks') problems.push('taking a column away breaks no edge that reads it');
  if (!misfits.some((each) => each.misfits.some(({ column }) => column === 'city')))
    problems.push('the column that would be missing is not named');
  return items.length;
}
