/**
 * Ends this process when the worker that started it is gone, at once: process.exit would wait for a thread that is still
 * opening a pipe which nobody will ever open at the other end. There is nothing here to finish.
 */
export function endWithParent(): void {
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
}
