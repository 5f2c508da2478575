import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { makeWorkDirectory, sweepWorkDirectories } from './work-directories.ts';

test('what a killed worker left is removed; what a living one uses, and what is not ours, stays', async () => {
  const root = await mkdtemp(path.join(tmpdir(), 'granary-work-'));
  onTestFinished(() => rm(root, { recursive: true }));
  const dead = spawnSync(process.execPath, ['--version']).pid;
  await mkdir(path.join(root, `load-${dead}-abc`));
  await writeFile(path.join(root, `load-${dead}-abc`, 'rows.csv'), 'private');
  await mkdir(path.join(root, 'theirs'));
  const living = await makeWorkDirectory(root);
  await sweepWorkDirectories(root);
  expect((await readdir(root)).sort()).toEqual([path.basename(living), 'theirs'].sort());
});
