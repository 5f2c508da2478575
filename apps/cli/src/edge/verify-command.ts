import { setTimeout as delay } from 'node:timers/promises';
import type { GranaryClient, InputOf, OutputOf } from '@granary/client';
import { type Command, InvalidArgumentError } from 'commander';
import { z } from 'zod';
import { addCallerOptions, type CallerFlags, withCaller } from '../caller/with-caller.ts';
import type { CommandContext } from '../context.ts';
import { findDataset } from '../dataset/find-dataset.ts';
import { parsePositive } from '../dataset/parse-positive.ts';
import { readJsonFile } from '../input/read-json-file.ts';
import { CommandFailure } from '../output/failure.ts';
import { findEdge } from './find-edge.ts';

interface VerifyFlags extends CallerFlags {
  readonly at?: number;
  readonly input: Readonly<Record<string, string>>;
  readonly sample: number;
  readonly file?: string;
  readonly wait?: true;
}
type Verification = OutputOf<'edges.verify'>;
type Checks = Omit<InputOf<'edges.verify'>, 'edgeId' | 'version'>;

const pollMilliseconds = 300;

export function addVerifyCommand(edge: Command, context: CommandContext): void {
  const { terminal } = context;
  addCallerOptions(edge.command('verify'))
    .description('have a version verified: over samples of the datasets that it reads, or of others, or made up rows')
    .argument('<edge>', 'its name or id')
    .option('--at <version>', 'the number of the version (default: the current one)', parsePositive)
    .option('--input <port=dataset>', 'what an input is filled with; may be repeated', addInput, {})
    .option('--sample <rows>', 'how many rows of such a dataset', parsePositive, 1000)
    .option('--file <file>', 'JSON: inputs, expectations, limits, as POST /v1/edges/{edgeId}/verifications takes them')
    .option('--wait', 'until it has ended: prints what was found, and fails if it did not pass')
    .action((name: string, { at, input, sample, file, wait, ...flags }: VerifyFlags) =>
      withCaller(context, flags, async (client) => {
        const { id, version } = await findEdge(client, name);
        // the API says what of it does not fit
        const said = file === undefined ? {} : z.custom<Checks>().parse(await readJsonFile(file));
        const named = await Promise.all(
          Object.entries(input).map(async ([port, dataset]) => [
            port,
            { datasetId: await findDataset(client, dataset), sampleRows: sample },
          ]),
        );
        const inputs = { ...said.inputs, ...Object.fromEntries(named) };
        const asked = await client.edges.verify({ ...said, edgeId: id, version: at ?? version, inputs });
        const ended = wait ? await endOf(client, asked) : asked;
        if (flags.json) terminal.print(JSON.stringify(ended));
        else if (wait) terminal.print(`${ended.logs}${ended.status}`);
        else terminal.print(`${ended.id}  ${ended.status}  version ${ended.version}`);
        if (ended.status === 'failed') throw new CommandFailure('the verification failed');
      }),
    );
}

async function endOf(client: GranaryClient, { id, edgeId }: Verification): Promise<Verification> {
  for (;;) {
    const found = (await client.edges.verifications({ edgeId })).find((each) => each.id === id);
    if (!found) throw new CommandFailure('the verification is gone');
    if (found.status !== 'pending') return found;
    await delay(pollMilliseconds);
  }
}

function addInput(text: string, before: Readonly<Record<string, string>>): Record<string, string> {
  const [, port, dataset] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (port === undefined || dataset === undefined) throw new InvalidArgumentError('is written port=dataset.');
  return { ...before, [port]: dataset };
}
