import type { Readable, Writable } from 'node:stream';
import type { Environment } from './env.ts';
import type { Terminal } from './output/terminal.ts';

/** What every command gets. */
export interface CommandContext {
  /** Read when a command runs, so that --help works whatever is set. Throws ZodError. */
  environment(): Environment;
  readonly terminal: Terminal;
  /** What comes through a pipe. */
  readonly input: Readable;
  /** Where bytes that are no lines go: exports. */
  readonly output: Writable;
}
