import { type ReadingOptions, readingOptions } from '@granary/domain/vocabulary';
import { type Command, InvalidArgumentError } from 'commander';

export interface ReadingFlags {
  readonly delimiter?: string;
  readonly encoding?: string;
  /** False with --no-header. */
  readonly header: boolean;
  readonly skipLines?: number;
  readonly option?: Readonly<Record<string, unknown>>;
}

/** How a file is to be read, where detection should not decide. */
export function addReadingOptions(command: Command): Command {
  return command
    .option('--delimiter <character>', 'what parts the fields; \\t is a tab', (text) => (text === '\\t' ? '\t' : text))
    .option('--encoding <name>', 'of the text')
    .option('--no-header', 'the first row is data')
    .option('--skip-lines <number>', 'lines above the table', parseLines)
    .option(
      '--option <name=value>',
      `any other: ${Object.keys(readingOptions.shape).join(', ')}; the value may be JSON`,
      collect,
    );
}

/** Throws ZodError, which names what is wrong. */
export function toReadingOptions({ delimiter, encoding, header, skipLines, option }: ReadingFlags): ReadingOptions {
  return readingOptions.parse({
    ...(delimiter !== undefined && { delimiter }),
    ...(encoding !== undefined && { encoding }),
    ...(!header && { hasHeader: false }),
    ...(skipLines !== undefined && { skipLines }),
    ...option,
  });
}

function collect(text: string, before: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('must look like name=value');
  return { ...before, [text.slice(0, at)]: jsonOrText(text.slice(at + 1)) };
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function parseLines(text: string): number {
  const lines = Number(text);
  if (Number.isInteger(lines) && lines >= 0) return lines;
  throw new InvalidArgumentError('a whole number from 0');
}
