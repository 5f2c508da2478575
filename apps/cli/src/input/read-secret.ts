import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { CommandContext } from '../context.ts';
import { CommandFailure, UsageFailure } from '../output/failure.ts';

type Context = Pick<CommandContext, 'input' | 'terminal'>;

/** The lines that came through standard input, without their ends. Throws UsageFailure for none. */
export async function readPipedSecrets({ input }: Context): Promise<[string, ...string[]]> {
  const [first, ...others] = (await text(input)).split(/\r?\n/);
  if (!first) throw new UsageFailure('nothing came through standard input');
  return [first, ...others.filter((line) => line !== '')];
}

/** What somebody types at a terminal, which does not show it. Throws UsageFailure where there is none to ask at. */
export async function askSecret(context: Context, label: string, piped: string): Promise<string> {
  if (!isTerminal(context.input)) throw new UsageFailure(`no terminal to ask at: pipe it, with ${piped}`);
  context.terminal.note(`${label} (not shown):`);
  const unseen = new Writable({ write: (_piece, _encoding, done) => done() });
  const lines = createInterface({ input: context.input, output: unseen, terminal: true });
  try {
    return await new Promise((resolve, reject) => {
      const cancel = () => reject(new CommandFailure('cancelled; nothing was done'));
      lines.once('line', resolve).once('SIGINT', cancel).once('close', cancel);
    });
  } finally {
    lines.close();
  }
}

/** A password that is to be set: piped, or typed twice. Throws CommandFailure when the two differ. */
export async function readNewPassword(context: Context, isPiped: boolean | undefined): Promise<string> {
  if (isPiped) return (await readPipedSecrets(context))[0];
  const password = await askSecret(context, 'New password', '--password-stdin');
  if ((await askSecret(context, 'Once more', '--password-stdin')) !== password)
    throw new CommandFailure('the two passwords differ; nothing was done');
  return password;
}

const isTerminal = (input: object): boolean => 'isTTY' in input && input.isTTY === true;
