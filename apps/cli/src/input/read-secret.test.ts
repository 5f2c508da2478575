import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { createTerminal } from '../output/terminal.ts';
import { readNewPassword, readPipedSecrets } from './read-secret.ts';

/** A terminal, and somebody who types at it whenever it asks. */
function terminal(...typed: string[]) {
  const input = Object.assign(new PassThrough(), { isTTY: true });
  const shown: string[] = [];
  const stream = {
    write(text: string) {
      shown.push(text);
      const next = typed.shift();
      if (next !== undefined) setImmediate(() => input.write(next));
    },
  };
  return { context: { input, terminal: createTerminal(stream, stream) }, shown };
}

const piped = (text: string) => {
  const input = new PassThrough();
  input.end(text);
  return { input, terminal: createTerminal({ write: () => {} }, { write: () => {} }) };
};

test('a password that is typed twice is taken, and not shown', async () => {
  const { context, shown } = terminal('long winter\r', 'long winter\r');
  expect(await readNewPassword(context, undefined)).toBe('long winter');
  expect(shown).toEqual(['New password (not shown):\n', 'Once more (not shown):\n']);
});

test('two that differ are refused', async () => {
  const { context } = terminal('long winter\r', 'long summer\r');
  await expect(readNewPassword(context, undefined)).rejects.toThrow('the two passwords differ');
});

test.each([
  ['Ctrl-C', '\u0003'],
  ['Ctrl-D', '\u0004'],
])('%s takes nothing', async (_, typed) => {
  const { context } = terminal(typed);
  await expect(readNewPassword(context, undefined)).rejects.toThrow('cancelled');
});

test('what is typed can be corrected', async () => {
  const { context } = terminal('long wintre\u007f\u007fer\r', 'long winter\r');
  expect(await readNewPassword(context, undefined)).toBe('long winter');
});

test('without a terminal it has to be piped', async () => {
  await expect(readNewPassword(piped('long winter\n'), undefined)).rejects.toThrow('--password-stdin');
  expect(await readNewPassword(piped('long winter\n'), true)).toBe('long winter');
  expect(await readNewPassword(piped(' blanks count \r\n'), true)).toBe(' blanks count ');
  expect(await readPipedSecrets(piped('one\ntwo\n'))).toEqual(['one', 'two']);
  await expect(readPipedSecrets(piped(''))).rejects.toThrow('nothing came');
});
