import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';

/**
 * Processes that a command started and that are still there, and folders of its checks, by the command's pid. Processes
 * are known by a variable that api and worker get, and by the folder that PostgreSQL works on (Linux's /proc).
 */
export async function leftBehind(pid: number): Promise<string[]> {
  const folder = `granary-check-${pid}-`;
  const folders = (await readdir(tmpdir())).filter((name) => name.startsWith(folder));
  const processes = await Promise.all((await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(readProcess));
  const running = processes.filter(
    ({ command, environment }) => command.includes(folder) || environment.includes(`GRANARY_FOLLOWS=${pid}`),
  );
  return [...folders, ...running.map(({ command }) => command)];
}

async function readProcess(pid: string): Promise<{ command: string; environment: string[] }> {
  const read = (file: string) => readFile(`/proc/${pid}/${file}`, 'latin1').catch(() => ''); // it ended, or is another's
  const [command, environment] = await Promise.all([read('cmdline'), read('environ')]);
  return { command: command.replaceAll('\0', ' '), environment: environment.split('\0') };
}
