import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LoginUrls } from '@granary/db';
import { loginVariables } from '../database/login-variables.ts';
import { repository } from '../env.ts';
import { CommandFailure } from '../output/failure.ts';
import type { Interruption } from './interruption.ts';
import { type Service, startService } from './service.ts';

export interface ServicesOptions {
  readonly logins: LoginUrls;
  readonly address: Address;
  /** Originals, logs and work files go below it. */
  readonly home: string;
  /** What api and worker get of the environment beside their logins. */
  readonly env: NodeJS.ProcessEnv;
  readonly interruption: Interruption;
}

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** An API and a worker. */
export interface Services {
  readonly url: string;
  /** The folder of their logs. */
  readonly logs: string;
  /** Rejects with CommandFailure, which shows the end of the log, when one of them ends unbidden; never resolves. */
  readonly failed: Promise<never>;
  /** Lets running requests and jobs finish. */
  stop(): Promise<void>;
  /** The ends of their logs. */
  tails(): Promise<string>;
}

// longer than what each grants itself (GRANARY_API_DRAIN_SECONDS, GRANARY_WORKER_DRAIN_SECONDS)
const grace = 40_000;
const patience = 60_000;

/** Starts both and resolves when the API answers that it is ready. */
export async function startServices(options: ServicesOptions): Promise<Services> {
  const { address, home, interruption } = options;
  const logs = path.join(home, 'logs');
  const env = variablesOf(options);
  const start = (name: string) =>
    startService({
      name,
      entry: path.join(repository, 'apps', name, 'src/main.ts'),
      env,
      logFile: path.join(logs, `${name}.log`),
    });
  const running = await Promise.all([start('api'), start('worker')]);
  let isStopping = false;
  interruption.impatience.addEventListener('abort', () => {
    for (const each of running) each.kill();
  });
  const services: Services = {
    url: urlOf(address),
    logs,
    failed: Promise.race(running.map((each) => failure(each, () => isStopping))),
    async stop() {
      isStopping = true;
      await Promise.all(running.map((each) => each.stop(grace)));
    },
    tails: async () => (await Promise.all(running.map(describeTail))).join('\n'),
  };
  services.failed.catch(() => {}); // it is for whoever waits for it
  try {
    await Promise.race([untilReady(services.url, interruption.signal), services.failed]);
    return services;
  } catch (error) {
    await services.stop();
    throw error;
  }
}

function variablesOf({ home, env, logins, address }: ServicesOptions): NodeJS.ProcessEnv {
  return {
    GRANARY_DATA_DIR: path.join(home, 'data'),
    GRANARY_WORK_DIR: path.join(home, 'work'),
    GRANARY_PUBLIC_URL: urlOf(address),
    ...env,
    ...loginVariables(logins),
    GRANARY_API_HOST: address.host,
    GRANARY_API_PORT: String(address.port),
    DATABASE_URL: undefined, // the owner's: neither of them may have it
    GRANARY_TEST_DATABASE_URL: undefined,
  };
}

async function failure(service: Service, isStopping: () => boolean): Promise<never> {
  const how = await service.exited;
  if (isStopping()) return new Promise(() => {});
  throw new CommandFailure(`the ${service.name} ended (${how}). ${await describeTail(service)}`);
}

const describeTail = async ({ name, tail }: Service): Promise<string> =>
  `The end of the ${name}'s log:\n${await tail(20)}`;

async function untilReady(url: string, signal: AbortSignal): Promise<void> {
  for (const deadline = Date.now() + patience; Date.now() < deadline; await sleep(50)) {
    signal.throwIfAborted();
    const response = await fetch(`${url}/health/ready`, { signal }).catch(() => undefined);
    await response?.body?.cancel();
    if (response?.ok) return;
  }
  throw new CommandFailure(`the api at ${url} did not become ready within ${patience / 1000} seconds`);
}

/** How to reach it from this machine: a wildcard is no address. */
function urlOf({ host, port }: Address): string {
  const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}
