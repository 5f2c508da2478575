import type { Command } from 'commander';
import { addCallerOptions, type CallerFlags, withCaller } from '../caller/with-caller.ts';
import type { CommandContext } from '../context.ts';
import { withOperator } from '../operator/with-operator.ts';
import { CommandFailure, UsageFailure } from '../output/failure.ts';
import { apiSources } from './api-sources.ts';
import { publicSources } from './public-sources.ts';
import type { Source, Sources } from './sources.ts';

export interface SourceFlags extends CallerFlags {
  readonly public?: true;
}

export const addSourceOptions = (command: Command): Command =>
  addCallerOptions(command).option('--public', 'the installation’s sources, as an operator on its database');

/** Lends the sources that the flags name. */
export function withSources<T>(
  context: CommandContext,
  flags: SourceFlags,
  use: (sources: Sources) => Promise<T>,
): Promise<T> {
  if (!flags.public) return withCaller(context, flags, (client) => use(apiSources(client)));
  if (flags.key !== undefined || flags.login !== undefined || flags.organization !== undefined)
    throw new UsageFailure('--public is for operators, who need no --key and no --login');
  return withOperator(context, (act) => use(publicSources(act, context.environment())));
}

/** By id or name. Throws CommandFailure. */
export async function findSource(sources: Sources, nameOrId: string): Promise<Source> {
  const wanted = nameOrId.toLowerCase();
  const found = (await sources.list()).find(({ id, name }) => id === wanted || name.toLowerCase() === wanted);
  if (!found) throw new CommandFailure(`there is no source ${JSON.stringify(nameOrId)}`);
  return found;
}
