import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { createGranaryClient } from '@granary/client';
import { createPackedProject } from '@granary/client/testing';
import { afterAll, expect, test } from 'vitest';
import { startTestApi } from '../testing/start-test-api.ts';

const api = await startTestApi();
const project = await createPackedProject();
afterAll(() => project.remove());

test('a program outside the workspace, with the packed client alone, compiles and talks to the API', async () => {
  const client = createGranaryClient({ url: api.url, auth: { apiKey: api.keys.editor } });
  await client.datasets.create({ name: 'visits' });
  const { complaints } = await project.compile('--module', 'nodenext', '--types', 'node', '--outDir', 'out', 'main.ts');
  expect(complaints).toEqual([]);
  const env = { ...process.env, GRANARY_API_URL: api.url, GRANARY_API_KEY: api.keys.editor };
  const { stdout } = await promisify(execFile)(process.execPath, [path.join(project.folder, 'out/main.js')], { env });
  expect(JSON.parse(stdout)).toEqual({
    email: expect.stringMatching(/^editor@/),
    datasets: ['visits'],
    missing: 'not_found',
  });
});
