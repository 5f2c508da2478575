import { execFile } from 'node:child_process';

const intervalMs = 2000;

/** Calls back when a folder holds more than it may. Returns what ends the watch. */
export function watchSpace(folder: string, megabytes: number, onTooMuch: () => void): () => void {
  let isAsking = false;
  const timer = setInterval(() => {
    if (isAsking) return;
    isAsking = true;
    execFile('du', ['-sm', folder], (_error, stdout) => {
      isAsking = false; // files come and go while it counts: what it could count is enough
      if (Number.parseInt(stdout, 10) > megabytes) onTooMuch();
    });
  }, intervalMs);
  return () => clearInterval(timer);
}
