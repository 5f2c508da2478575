import type { OutputOf, RunLog } from '@granary/client';
import type { CallerFlags } from '../caller/with-caller.ts';
import { formatTable, printable } from '../output/table.ts';
import type { Terminal } from '../output/terminal.ts';

type Run = OutputOf<'runs.cancel'>;
type RunWithSteps = OutputOf<'runs.get'>;

/** One run on a line, or as JSON. */
export function printRun(terminal: Terminal, { json }: CallerFlags, run: Run): void {
  terminal.print(
    json ? JSON.stringify(run) : `${run.id}  ${run.state}${run.error ? `  ${printable(run.error.message)}` : ''}`,
  );
}

/** A run with its steps. */
export function printSteps(terminal: Terminal, flags: CallerFlags, run: RunWithSteps): void {
  printRun(terminal, flags, run);
  if (flags.json) return;
  const rows = run.steps.map(({ name, state, attempt, rows: made, error }) => [
    name,
    state,
    String(attempt),
    made === null ? '' : String(made),
    error?.message ?? '',
  ]);
  terminal.print(formatTable(['step', 'state', 'attempts', 'rows', 'error'], rows));
}

/** A line of its log; the time, level and step first. */
export const formatLine = ({ at, level, step, message }: RunLog): string =>
  `${at}  ${level}  ${step}  ${printable(message)}`;
