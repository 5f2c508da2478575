import { fileURLToPath } from 'node:url';
import { JsonChild } from '../reading/json-child.ts';
import { withoutNetwork } from './confine.ts';
import { type SandboxMessage, type SandboxRequest, sandboxMessage } from './protocol.ts';

export type SandboxProcess = JsonChild<SandboxRequest, SandboxMessage>;

const entry = fileURLToPath(new URL('./child/main.ts', import.meta.url));
/** A process that waits costs memory, so one that nobody wanted for so long ends. */
const longestWait = 60_000;

let spare: { readonly child: SandboxProcess; readonly timer: NodeJS.Timeout } | undefined;

/**
 * A process for one sandbox: new, or one that has started already, which is most of the time that a small SELECT takes. Nobody's
 * rows or SQL have been in it. It keeps no program from ending while it waits.
 */
export async function takeSandboxProcess(): Promise<SandboxProcess> {
  const waiting = spare;
  spare = undefined;
  if (!waiting) return start();
  clearTimeout(waiting.timer);
  waiting.child.hold();
  return waiting.child;
}

/** Has the next one start, if none waits. */
export async function prepareSandboxProcess(): Promise<void> {
  if (spare) return;
  const child = await start();
  const forget = () => {
    if (spare?.child === child) spare = undefined;
    clearTimeout(timer);
  };
  const timer = setTimeout(() => {
    forget();
    void child.kill();
  }, longestWait);
  timer.unref();
  child.letGo();
  child.death.catch(forget);
  if (spare) return void child.kill(); // somebody else was as quick
  spare = { child, timer };
}

const start = async (): Promise<SandboxProcess> => new JsonChild(entry, sandboxMessage, await withoutNetwork());
