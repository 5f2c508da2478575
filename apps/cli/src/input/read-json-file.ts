import { readFile } from 'node:fs/promises';
import { CommandFailure } from '../output/failure.ts';

/** Throws CommandFailure for what is no file that can be read, or no JSON. */
export async function readJsonFile(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8').catch((cause: Error) => {
    throw new CommandFailure(`${file} cannot be read: ${cause.message}`);
  });
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new CommandFailure(`${file} is no JSON: ${cause instanceof Error ? cause.message : ''}`);
  }
}
