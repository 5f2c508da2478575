import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import type { FlowingColumn } from '../../writing/protocol.ts';
import type { SandboxLimits } from '../limits.ts';
import { openSandbox, type SqlSandbox } from '../sql-sandbox.ts';

export const smallLimits: SandboxLimits = {
  memoryMegabytes: 256,
  spaceMegabytes: 64,
  seconds: 240,
  rows: 100_000,
  columns: 200,
};

/** Removed when the test is over. */
export async function sandboxFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'granary-sandbox-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export const column = (name: string, type: FlowingColumn['type']): FlowingColumn => ({
  name,
  originalName: name,
  type,
  decimal: type === 'numeric' ? { precision: 10, scale: 2 } : null,
});

/** With one input, `orders`: ids from 1, a customer, an amount; locked. Closed when the test is over. */
export async function openWithOrders(
  limits: Partial<SandboxLimits> = {},
  { rows = 1000, folder }: { rows?: number; folder?: string } = {},
): Promise<SqlSandbox> {
  const directory = folder ?? (await sandboxFolder());
  const sandbox = await openSandbox(directory, { ...smallLimits, ...limits }, new AbortController().signal);
  onTestFinished(() => sandbox.close());
  await sandbox.fill('orders', {
    skip: 1,
    columns: [column('id', 'bigint'), column('customer', 'text'), column('amount', 'numeric')],
    fill: async (target) => {
      for (let row = 1; row <= rows; row += 1) target.write(`${row},${row},"customer ${row % 10}",${row}.50\n`);
      target.end();
      return rows;
    },
  });
  await sandbox.lock();
  return sandbox;
}

export const listFolder = (folder: string) => readdirSync(folder, { recursive: true }).map(String).sort();
