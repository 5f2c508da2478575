/** Where words go: results to standard output, everything on the way to standard error. */
export interface Terminal {
  /** A line of the result. */
  print(text: string): void;
  /** A line about what is going on. */
  note(text: string): void;
  /** Replaces the line that the last call left, where there is somebody to see it move. */
  progress(text: string): void;
}

export interface Stream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** @param result where results go: standard error for commands whose standard output is for a machine */
export function createTerminal(result: Stream, notes: Stream): Terminal {
  let isOpen = false;
  const close = () => {
    if (isOpen) notes.write('\r\u001b[K');
    isOpen = false;
  };
  return {
    print(text) {
      close();
      result.write(`${text}\n`);
    },
    note(text) {
      close();
      notes.write(`${text}\n`);
    },
    progress(text) {
      if (!notes.isTTY) return;
      isOpen = true;
      notes.write(`\r\u001b[K${text.slice(0, (notes.columns ?? 80) - 1)}`);
    },
  };
}
