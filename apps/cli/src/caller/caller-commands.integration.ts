import { createTestDatabase } from '@granary/db/testing';
import { beforeAll, expect, test } from 'vitest';
import { runCliProcess, startCli } from '../testing/cli-process.ts';
import { startSettings } from '../testing/home.ts';
import { runCli } from '../testing/run-cli.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const password = 'quite a long winter evening';
const settings = await startSettings(database);
let env: NodeJS.ProcessEnv = {};
let started: { stop(): Promise<void> };

const granary = (args: string[], piped?: string, more: NodeJS.ProcessEnv = {}) => runCli(args, { ...env, ...more }, piped);
const ok = async (...given: Parameters<typeof granary>) => {
  const run = await granary(...given);
  expect(run, run.stderr).toMatchObject({ code: 0 });
  return run.stdout;
};
const json = async (args: string[], piped?: string, more?: NodeJS.ProcessEnv) =>
  JSON.parse(await ok([...args, '--json'], piped, more));
/** As somebody who types their name, and pipes their password. */
const as = (name: string, args: string[]) => json([...args, '--login', name, '--password-stdin'], `${password}\n`);
