import { type Command, InvalidArgumentError } from 'commander';
import { addCallerOptions, type CallerFlags, withCaller } from '../caller/with-caller.ts';
import type { CommandContext } from '../context.ts';
import { printNewKey } from './print-key.ts';

export function addRotateCommand(key: Command, context: CommandContext): void {
  addCallerOptions(key.command('rotate'))
    .description('make a key in the place of another; the new secret is shown this once')
    .argument('<key>', 'the id of the former one')
    .option('--overlap <hours>', 'how long the former one goes on, up to 720', parseHours, 24)
    .action((keyId: string, { overlap: overlapHours, ...flags }: CallerFlags & { overlap: number }) =>
      withCaller(context, flags, async (client) => {
        printNewKey(context.terminal, flags.json, await client.keys.rotate({ keyId, overlapHours }));
      }),
    );
}

function parseHours(text: string): number {
  const hours = Number(text);
  if (text.trim() !== '' && hours >= 0 && hours <= 720) return hours;
  throw new InvalidArgumentError('hours, from 0 to 720');
}
