import { runProgram } from '../run-program.ts';

export interface CliRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** `granary …` in this process, with no other settings than those given. */
export async function runCli(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<CliRun> {
  const [result, notes] = [collector(), collector()];
  const code = await runProgram(args, { env, result, notes });
  return { code, stdout: result.text(), stderr: notes.text() };
}

function collector() {
  const pieces: string[] = [];
  return {
    write: (text: string) => void pieces.push(text),
    text: () => pieces.join(''),
  };
}
