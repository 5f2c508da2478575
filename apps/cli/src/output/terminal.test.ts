import { expect, test } from 'vitest';
import { createTerminal } from './terminal.ts';

const collector = (isTTY: boolean) => {
  let text = '';
  return {
    isTTY,
    columns: 20,
    write: (piece: string) => {
      text += piece;
    },
    text: () => text,
  };
};

test('progress is one line that moves, cut to the window, and is gone before the next real line', () => {
  const [out, notes] = [collector(true), collector(true)];
  const terminal = createTerminal(out, notes);
  terminal.progress('half');
  terminal.progress('a line that is longer than the window');
  terminal.print('done');
  terminal.note('bye');
  expect(out.text()).toBe('done\n');
  expect(notes.text()).toBe('\r\u001b[Khalf\r\u001b[Ka line that is long\r\u001b[Kbye\n');
});

test('there is no progress where nobody watches: in a log or a pipe', () => {
  const [out, notes] = [collector(false), collector(false)];
  createTerminal(out, notes).progress('half');
  expect(out.text() + notes.text()).toBe('');
});
