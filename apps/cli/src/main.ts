import { existsSync } from 'node:fs';
import path from 'node:path';
import { repository } from './env.ts';
import { runProgram } from './run-program.ts';

const settings = path.join(repository, '.env');
if (existsSync(settings)) process.loadEnvFile(settings); // what is set already wins

const { env, stdin: input, stdout: output, stderr: notes } = process;
// not process.exit: what was written to a pipe may still be on its way
process.exitCode = await runProgram(process.argv.slice(2), { env, result: output, notes, input, output });
