import { rm } from 'node:fs/promises';
import { type Database, onMemberSnapshot } from '@granary/db';
import { DomainError } from '@granary/domain';
import { type ContainerStep, computeInContainer } from '../containers/compute-in-container.ts';
import type { Containers } from '../containers/containers.ts';
import { lineLog } from '../containers/line-log.ts';
import { makeWorkDirectory } from '../load/work-directories.ts';
import { conformResult, emptyCells } from '../sql-edge/conform-result.ts';
import type { SandboxLimits } from '../sql-edge/limits.ts';
import { readResult } from '../sql-edge/result-reader.ts';
import { openSandbox, type SqlSandbox } from '../sql-edge/sql-sandbox.ts';
import type { EngineStep, PipelineEngine, ReadInput, StepReport, StepResult } from './engine.ts';
import { fillFromDataset } from './fill-input.ts';
import { fillFromRows } from './fill-rows.ts';

export interface EmbeddedEngineOptions {
  readonly database: Database;
  /** Where the folders of sandboxes are made; other users have to be able to go through it. */
  readonly sandboxDirectory: string;
  readonly sandboxLimits: SandboxLimits;
  /** How this worker runs containers, if it does. */
  readonly containers?: Containers | undefined;
}

const table = 'the result';

/** Runs SQL in a process of its own beside this one, or an image, over inputs that are read in one snapshot. */
export function createEmbeddedEngine(options: EmbeddedEngineOptions): PipelineEngine {
  return {
    name: 'embedded',
    launch(step, report) {
      const unwanted = new AbortController();
      const held = new AsyncDisposableStack();
      const result = compute(options, step, report, unwanted.signal, held);
      const ended = result.then(
        () => {},
        () => {},
      );
      const close = async () => {
        await ended;
        await held.disposeAsync();
      };
      return {
        result,
        close,
        cancel: async () => {
          unwanted.abort();
          await close();
        },
      };
    },
  };
}

async function compute(
  { database, sandboxDirectory, sandboxLimits, containers }: EmbeddedEngineOptions,
  step: EngineStep,
  { log, reached }: StepReport,
  signal: AbortSignal,
  held: AsyncDisposableStack,
): Promise<StepResult> {
  const { implementation, output } = step;
  if (implementation.kind === 'dagster') throw new DomainError('precondition', 'no engine of Dagster is connected');
  if (step.seconds < 1) throw new DomainError('limit_reached', 'the time of the run is over');
  const folder = await makeWorkDirectory(sandboxDirectory);
  held.defer(() => rm(folder, { recursive: true, force: true }));
  const limits = { ...sandboxLimits, seconds: Math.min(step.seconds, sandboxLimits.seconds) };
  const sandbox = await openSandbox(folder, limits, signal);
  held.defer(() => sandbox.close());
  const inputs = await fillInputs(database, sandbox, step, signal);
  for (const { port, rows, version } of inputs)
    await log(`input ${port}: ${rows} rows${version === null ? '' : ` of version ${version}`}`);
  await reached('step filled');
  const sql = implementation.kind === 'sql' ? implementation.sql : await contained(implementation);
  await sandbox.lock();
  const selected = await sandbox.select({ sql, into: table });
  const conformed = conformResult(selected, output);
  if (conformed.misfits.length > 0) throw new DomainError('invalid', conformed.misfits.join('; '));
  if (conformed.beside.length > 0) await log(`left out: ${conformed.beside.join(', ')}`, 'warn');
  const empty = emptyCells(table, conformed, output);
  if (empty && (await sandbox.select({ sql: empty, into: 'rows without a value' })).rows > 0)
    throw new DomainError('invalid', 'a column has no value where the port says that it always has one');
  await reached('step selected');
  return { reader: await readResult(sandbox, { table, rows: selected.rows, columns: conformed.columns }), inputs };

  async function contained(implementation: ContainerStep['implementation']): Promise<string> {
    const lines = lineLog((line) => log(line));
    const wanted = { implementation, tenantId: step.identity.tenantId, inputs: step.ports, output };
    try {
      return await computeInContainer(containers, sandbox, wanted, { limits, signal, onLine: lines.add });
    } finally {
      await lines.done();
    }
  }
}

/** All inputs in one snapshot. What the run was given is the input called parameters. */
function fillInputs(database: Database, sandbox: SqlSandbox, step: EngineStep, signal: AbortSignal) {
  return onMemberSnapshot(database, step.identity, 'dataset:read', async (client) => {
    const read: ReadInput[] = [];
    for (const port of step.ports) {
      const { versionId } = step.inputs.find((input) => input.port === port.name) ?? {};
      if (versionId) {
        const filled = await fillFromDataset(client, sandbox, { port, versionId, signal });
        read.push({ port: port.name, versionId, ...filled });
      } else {
        const rows = await fillFromRows(sandbox, port, [step.parameters]);
        read.push({ port: port.name, rows, versionId: null, version: null, changeSet: null });
      }
    }
    return read;
  });
}
