import { z } from 'zod';

/**
 * The settings of a process, of those variables that say something: a line `NAME=` of a file means that it is not set. Ends the
 * process, which has not begun anything, with a line for each that is missing or wrong.
 */
export function readSettings<T>(read: (variables: NodeJS.ProcessEnv) => T): T {
  try {
    return read(Object.fromEntries(Object.entries(process.env).filter(([, value]) => value !== '')));
  } catch (error) {
    return refuseToStart(error);
  }
}

/** Ends the process with what is wrong, and no stack, which says nothing to who has to mend a setting. */
export function refuseToStart(error: unknown): never {
  process.stderr.write(`cannot start:\n${problemsOf(error).join('\n')}\n`);
  process.exit(1);
}

function problemsOf(error: unknown): string[] {
  if (error instanceof z.ZodError)
    return error.issues.map(({ path, message }) => (path.length > 0 ? `${path.join('.')}: ${message}` : message));
  return [error instanceof Error ? error.message : String(error)];
}
