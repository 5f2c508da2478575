import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { readEnvironment } from './env.ts';

const url = { GRANARY_WORKER_DATABASE_URL: 'postgres://granary_worker@localhost/granary' };

test('a missing database is said by its name', () => {
  expect(() => readEnvironment({})).toThrow('GRANARY_WORKER_DATABASE_URL');
});

test('drain time is given in seconds', () => {
  expect(readEnvironment({ ...url, GRANARY_WORKER_DRAIN_SECONDS: '2' }).drainMilliseconds).toBe(2000);
});

test('crawls are replayed from this machine alone, and not in production', () => {
  const replayed = { ...url, GRANARY_CRAWL_REPLAY: '127.0.0.1:8080' };
  expect(readEnvironment(replayed).crawlReplay).toBe('127.0.0.1:8080');
  expect(readEnvironment(url).crawlReplay).toBeUndefined();
  expect(() => readEnvironment({ ...replayed, NODE_ENV: 'production' })).toThrow('GRANARY_CRAWL_REPLAY');
  expect(() => readEnvironment({ ...url, GRANARY_CRAWL_REPLAY: '10.0.0.1:80' })).toThrow('GRANARY_CRAWL_REPLAY');
});

test('every setting is documented', async () => {
  const read: string[] = [];
  const get = (target: NodeJS.ProcessEnv, name: string) => {
    read.push(name);
    return target[name];
  };
  readEnvironment(new Proxy<NodeJS.ProcessEnv>(url, { get: (target, name) => get(target, String(name)) }));
  const documented = await readFile(new URL('../../../.env.example', import.meta.url), 'utf8');
  const ours = [...new Set(read)].filter((name) => name.startsWith('GRANARY_'));
  expect(ours).toContain('GRANARY_MAX_COLUMNS');
  for (const name of ours) expect(documented, name).toMatch(new RegExp(`^#${name}=`, 'm'));
});
