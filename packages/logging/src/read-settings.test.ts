import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const module = fileURLToPath(new URL('./read-settings.ts', import.meta.url));
const zod = import.meta.resolve('zod');
const script = `
  import { z } from '${zod}';
  import { readSettings } from '${module}';
  const schema = z.object({ NAME: z.string().default('nobody'), PORT: z.coerce.number().int(), URL: z.url('must be a URL') });
  console.log(JSON.stringify(readSettings((given) => schema.parse(given))));
`;
const run = (env: NodeJS.ProcessEnv) =>
  promisify(execFile)(process.execPath, ['--input-type=module-typescript', '--eval', script], { env }).then(
    ({ stdout }) => ({ code: 0, said: stdout }),
    ({ code, stderr }: { code: number; stderr: string }) => ({ code, said: stderr }),
  );

test('a variable without a value is not set', async () => {
  const { said } = await run({ NAME: '', PORT: '80', URL: 'http://a.example' });
  expect(JSON.parse(said)).toEqual({ NAME: 'nobody', PORT: 80, URL: 'http://a.example' });
});

test('what is wrong is said by its name, a line each, without a stack', async () => {
  const { code, said } = await run({ PORT: 'x', URL: '' });
  expect(code).toBe(1);
  const [first, ...lines] = said.trim().split('\n');
  expect(first).toBe('cannot start:');
  expect(lines.map((line) => line.split(':')[0])).toEqual(['PORT', 'URL']);
  expect(said).not.toContain(' at ');
});
