/** A program may print without end, and each line is a row. */
const mostLines = 1000;

/** Hands lines on one after the other, as many as there may be. `done` resolves, or rejects, once all of them were. */
export function lineLog(write: (line: string) => Promise<void>): { add(line: string): void; done(): Promise<void> } {
  let written = Promise.resolve();
  let left = mostLines;
  const next = (line: string) => {
    written = written.then(() => write(line));
    written.catch(() => {}); // `done` tells
  };
  return {
    add(line) {
      left -= 1;
      if (left >= 0) next(line.replaceAll('\0', ''));
      if (left === -1) next(`more than ${mostLines} lines: the rest is left out`);
    },
    done: () => written,
  };
}
