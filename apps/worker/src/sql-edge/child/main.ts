// The process that runs SQL which tenants wrote. It has no environment, no credentials and no user of its own rights; what
// keeps the SQL in are, each by itself: the syntax tree (check-select.ts), DuckDB's locks, the operating system's limits and
// user, and the worker, which kills it. The worker believes nothing it says that does not parse.

import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { endWithParent } from '../../end-with-parent.ts';
import type { Duck } from '../../reading/duck/connect.ts';
import { identifier, literal } from '../../reading/duck/copy-sql.ts';
import { selectFlowing } from '../../writing/child/flowing-rows.ts';
import { type SandboxMessage, type SandboxRequest, sandboxRequest } from '../protocol.ts';
import { copyResult } from './copy-result.ts';
import { describeFailure } from './describe-failure.ts';
import { dropPrivileges, giveFolder } from './drop-privileges.ts';
import { runSelect } from './run-select.ts';
import { countRows, dataSize, lock, openSandboxDatabase, reopenSandboxDatabase } from './sandbox-database.ts';

/** The pipe that rows leave by; one after the other uses the name. */
const out = 'out.fifo';

const tables = new Set<string>();
let uid = -1;
let memoryMegabytes = 0;
let duck: Duck | null = null;

/** Reading it must leave room for rows. */
const longestRow = () => Math.min(40_000_000, Math.floor((memoryMegabytes * 1_000_000) / 16));

async function answer(request: SandboxRequest): Promise<SandboxMessage> {
  const { id } = request;
  if (request.type === 'begin') {
    process.chdir(request.folder);
    uid = giveFolder('.');
    return { type: 'begun', id, dataKilobytes: dataSize(), uid };
  }
  if (request.type === 'open') {
    dropPrivileges(uid);
    ({ memoryMegabytes } = request);
    duck = await openSandboxDatabase(memoryMegabytes, request.spillMegabytes);
    return { type: 'done', id, rows: 0 };
  }
  if (!duck) throw new Error('nothing has begun');
  const { connection } = duck;
  switch (request.type) {
    case 'fill':
      await connection.run(`create table ${identifier(request.table)} as ${selectFlowing(request, longestRow())}`);
      tables.add(request.table);
      return { type: 'done', id, rows: await countRows(connection, request.table) };
    case 'write':
      mkdirSync(path.dirname(request.file), { recursive: true, mode: 0o700 });
      await connection.run(
        `copy ${identifier(request.table)} to ${literal(request.file)} (format parquet, compression zstd, use_tmp_file false)`,
      );
      return { type: 'done', id, rows: 0 };
    case 'folder':
      mkdirSync(request.name, { mode: 0o700 });
      return { type: 'done', id, rows: 0 };
    case 'read':
      await connection.run(
        `create table ${identifier(request.table)} as select * from read_parquet(${literal(request.file)})`,
      );
      tables.add(request.table);
      return { type: 'done', id, rows: await countRows(connection, request.table) };
    case 'lock':
      await lock(connection);
      return { type: 'done', id, rows: 0 };
    case 'select': {
      const selected = await runSelect(connection, request, tables);
      tables.add(request.into);
      return { type: 'selected', id, selected };
    }
    case 'seal':
      duck.close();
      duck = await reopenSandboxDatabase(memoryMegabytes, out);
      return { type: 'done', id, rows: 0 };
    case 'copy':
      return { type: 'done', id, rows: await copyResult(connection, { ...request, fifo: out }) };
  }
}

async function handle(raw: unknown): Promise<void> {
  const request = sandboxRequest.parse(raw);
  try {
    process.send?.(await answer(request));
  } catch (error) {
    const { kind, message } = describeFailure(error);
    process.send?.({ type: 'failed', id: request.id, kind, message } satisfies SandboxMessage);
  }
}

process.on('message', (raw) => void handle(raw));
endWithParent();
