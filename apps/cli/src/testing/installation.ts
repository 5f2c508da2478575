import type { TestDatabase } from '@granary/db/testing';
import { expect } from 'vitest';
import { startCli } from './cli-process.ts';
import { startSettings } from './home.ts';
import { runCli } from './run-cli.ts';

/**
 * An API with a worker on a database that nobody has used, and the commands of somebody who has a key of its first organization. Ends
 * with the test.
 */
export async function startInstallation(database: TestDatabase, more: NodeJS.ProcessEnv = {}) {
  const { port, url, env: settings } = await startSettings(database);
  const env = { ...settings, ...more };
  await startCli(['start', '--port', port], env).written(/Ctrl-C stops everything/);
  const person = ['--email', 'ada@example.org', '--name', 'Ada', '--organization', 'Org'];
  const { apiKey } = JSON.parse((await runCli(['admin', 'bootstrap', ...person, '--json'], env)).stdout);
  const cli = (...args: string[]) => runCli(args, { ...env, GRANARY_API_URL: url, GRANARY_API_KEY: apiKey });
  /** What a command prints that must not fail. */
  const out = async (...args: string[]): Promise<string> => {
    const run = await cli(...args);
    expect(run, run.stderr).toMatchObject({ code: 0 });
    return run.stdout;
  };
  const json = async (...args: string[]) => JSON.parse(await out(...args, '--json'));
  return { url, env, apiKey, cli, out, json };
}
