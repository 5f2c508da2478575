import { lstat, mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { DomainError, type Implementation, type Port } from '@granary/domain';
import { imageReference } from '../images/image-reference.ts';
import { pullImage } from '../images/pull-image.ts';
import { Registry } from '../images/registry.ts';
import { makeWorkDirectory } from '../load/work-directories.ts';
import type { SandboxLimits } from '../sql-edge/limits.ts';
import type { SqlSandbox } from '../sql-edge/sql-sandbox.ts';
import type { Containers } from './containers.ts';
import { runContainer } from './run-container.ts';

export interface ContainerStep {
  readonly implementation: Extract<Implementation, { kind: 'container' }>;
  readonly tenantId: string;
  /** Each is a table of the sandbox. */
  readonly inputs: readonly Port[];
  readonly output: Port;
}

const made = 'what the container made';

/**
 * Has an image make the output of the inputs that a sandbox holds, which is not locked yet: it finds each as
 * /granary/inputs/<port>.parquet and leaves /granary/output/<port>.parquet. Returns SQL for the rows in the sandbox, which is where a
 * stranger's file is read.
 *
 * @throws {DomainError} for an image that is not to be had or named by no digest, one that failed, and an output that is not there
 */
export async function computeInContainer(
  containers: Containers | undefined,
  sandbox: SqlSandbox,
  { implementation: { image, command }, tenantId, inputs, output }: ContainerStep,
  { limits, signal, onLine }: { limits: SandboxLimits; signal: AbortSignal; onLine(line: string): void },
): Promise<string> {
  if (!containers) throw new DomainError('unavailable', 'this worker runs no containers');
  const { uid, folder: seen } = sandbox;
  for (const { name } of inputs) await sandbox.write(name, `inputs/${name}.parquet`);
  await sandbox.makeFolder('output');
  // beside the sandbox's own folder, whose owner is a stranger
  const folder = await makeWorkDirectory(path.dirname(seen));
  try {
    const layout = path.join(folder, 'image');
    await bringImage(containers, { image, tenantId, layout, signal, onLine });
    const [from, to] = [path.join(seen, 'inputs'), path.join(seen, 'output')];
    const { command: runtime, imageMegabytes } = containers;
    const run = { runtime, folder, layout, imageMegabytes, command, inputs: from, output: to };
    await runContainer({ ...run, uid, limits, signal, onLine });
    const file = path.join(to, `${output.name}.parquet`);
    const found = await lstat(file).catch(() => null);
    // no link: it would be read with the sandbox's eyes, which see more than the container's
    if (!found?.isFile() || found.nlink !== 1)
      throw new DomainError('invalid', `the container left no file /granary/output/${output.name}.parquet`);
    await rename(file, path.join(seen, 'made.parquet'));
    await sandbox.read('made.parquet', made);
    return `select * from "${made}"`;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Wanted {
  readonly image: string;
  readonly tenantId: string;
  readonly layout: string;
  readonly signal: AbortSignal;
  onLine(line: string): void;
}

async function bringImage(
  { outbound, registry: own, imageMegabytes }: Containers,
  { image, tenantId, layout, signal, onLine }: Wanted,
): Promise<void> {
  const named = imageReference(image);
  if (!named) throw new DomainError('invalid', `${image} names no image`);
  // with the operator's rights only what was built here for this organization
  const isOwn = own !== undefined && `${named.host}/${named.name}`.startsWith(`${own.prefix}/${tenantId}/`);
  const place = { host: named.host, name: named.name };
  const registry = isOwn
    ? new Registry(own.outbound, { ...place, credentials: own.credentials, isSecure: own.isSecure }, signal)
    : new Registry(outbound, place, signal);
  try {
    if (!named.reference.startsWith('sha256:')) {
      const { digest } = await registry.manifest(named.reference);
      throw new DomainError(
        'precondition',
        `a tag may be another image tomorrow: name it by its digest, which is @${digest} now`,
      );
    }
    await mkdir(layout);
    const { bytes } = await pullImage(registry, named.reference, layout, imageMegabytes * 1024 ** 2);
    onLine(`${named.full}: ${bytes} bytes`);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    // a registry that does not answer is no trouble of ours, which would be tried again without a word
    const kind = error.kind === 'unavailable' ? 'precondition' : error.kind;
    throw new DomainError(kind, `${named.full}: ${error.message}`, {}, { cause: error });
  }
}
