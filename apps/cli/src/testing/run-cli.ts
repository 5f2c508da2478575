import { Readable, Writable } from 'node:stream';
import { runProgram } from '../run-program.ts';

export interface CliRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** `granary …` in this process, with no other settings than those given; `piped` comes through standard input. */
export async function runCli(args: readonly string[], env: NodeJS.ProcessEnv = {}, piped = ''): Promise<CliRun> {
  const [result, notes] = [collector(), collector()];
  const code = await runProgram(args, {
    env,
    result,
    notes,
    input: Readable.from([Buffer.from(piped)]),
    output: new Writable({
      write(piece, _encoding, done) {
        result.write(String(piece));
        done();
      },
    }),
  });
  return { code, stdout: result.text(), stderr: notes.text() };
}

function collector() {
  const pieces: string[] = [];
  return {
    write: (text: string) => void pieces.push(text),
    text: () => pieces.join(''),
  };
}
