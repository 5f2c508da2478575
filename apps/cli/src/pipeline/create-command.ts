import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import type { InputOf } from '@granary/client';
import type { Command } from 'commander';
import { z } from 'zod';
import { addCallerOptions, type CallerFlags, withCaller } from '../caller/with-caller.ts';
import type { CommandContext } from '../context.ts';
import { CommandFailure } from '../output/failure.ts';
import { printable } from '../output/table.ts';
import { resolveNames } from './resolve-names.ts';

interface CreateFlags extends CallerFlags {
  readonly file: string;
  readonly description?: string;
}

export function addCreateCommand(pipeline: Command, context: CommandContext): void {
  addCallerOptions(pipeline.command('create'))
    .description('make a pipeline of edges')
    .argument('<name>', 'unique in the organization')
    .requiredOption(
      '--file <file>',
      'its steps and parameters as JSON: {"steps": […], "parameters": […]}, with ids or names (edge, dataset, block); - reads a pipe',
    )
    .option('--description <text>', 'what it is for')
    .action((name: string, { file, description, ...flags }: CreateFlags) =>
      withCaller(context, flags, async (client) => {
        // the API says what of it does not fit
        const said = parse(file === '-' ? await text(process.stdin) : await readFile(file, 'utf8'));
        const steps = z.custom<InputOf<'pipelines.create'>['steps']>().parse(await resolveNames(client, said.steps));
        const input: InputOf<'pipelines.create'> = {
          ...said,
          steps,
          name,
          ...(description !== undefined && { description }),
        };
        const made = await client.pipelines.create(input);
        context.terminal.print(flags.json ? JSON.stringify(made) : `${made.id}  ${printable(made.name)}`);
      }),
    );
}

function parse(json: string): Omit<InputOf<'pipelines.create'>, 'name'> {
  try {
    return JSON.parse(json);
  } catch {
    throw new CommandFailure('the file is no JSON');
  }
}
