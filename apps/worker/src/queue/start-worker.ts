import type { Member } from '@granary/db';
import {
  type JobInput,
  type JobName,
  jobEnvelope,
  jobs,
  type SystemJobInput,
  type SystemJobName,
  systemJobs,
} from '@granary/domain';
import { type JobWithMetadata, PgBoss } from 'pg-boss';
import { z } from 'zod';
import type { Log } from '../log.ts';
import { JobPostponed } from './job-postponed.ts';
import { successorId } from './successor-id.ts';

export interface JobContext {
  readonly jobId: string;
  /** Who asked for the job: what it reads and writes, it reads and writes as them. */
  readonly identity: Member;
  /** Aborted when the job has expired or the worker is stopping hard. */
  readonly signal: AbortSignal;
}

/** `run` does the work and may run more than once, or throw JobPostponed; `dead` is told when it failed for the last time. */
export type JobHandlers = {
  readonly [N in JobName]: {
    run(input: JobInput<N>, context: JobContext): Promise<void>;
    dead(input: JobInput<N>): Promise<void>;
  };
};

/** What belongs to no organization: runs as the worker itself. */
export type SystemJobHandlers = {
  readonly [N in SystemJobName]: (input: SystemJobInput<N>, signal: AbortSignal) => Promise<void>;
};

export interface WorkerOptions {
  readonly url: string;
  /** Jobs of one kind that run at the same time in this process. */
  readonly concurrency: number;
  readonly log: Log;
}

export interface Worker {
  /** Takes no more jobs and waits for those that run, at most so long; what is left then goes back to the queue. */
  stop(milliseconds: number): Promise<void>;
}

/** Jobs of one kind that are taken at once, where each is short: the queue is asked twice a second. Default: 1. */
const batchSizes: { readonly [N in SystemJobName]?: number } = { 'search.index': 20 };

const deadQueue = 'dead';
const systemEnvelope = z.object({ input: z.unknown() });
/** Of queues that tell of new jobs, the second: what was told while nobody listened, and what is tried again, is found by asking. */
const polling = { pollingIntervalSeconds: 0.5, notifyPollingIntervalSeconds: 2 };

/** Runs jobs until stopped. A job whose worker dies is taken over by another after about 16 s. */
export async function startWorker(
  { url, concurrency, log }: WorkerOptions,
  handlers: JobHandlers,
  systemHandlers: SystemJobHandlers,
): Promise<Worker> {
  const boss = new PgBoss({
    connectionString: url,
    schema: 'jobs',
    application_name: 'granary queue',
    max: 4,
    migrate: false, // migrations own the schema; this login could not create it
    createSchema: false,
    reindex: false, // needs ownership
    schedule: false,
    useListenNotify: true,
    // a dead worker's job is found after heartbeatSeconds (10) plus one supervision; the defaults of 60 s add two minutes
    superviseIntervalSeconds: 5,
    monitorIntervalSeconds: 5,
  });
  boss.on('error', (error) => log('the queue has trouble', { error }));
  await boss.start();

  const names = Object.keys(jobs) as JobName[];
  for (const name of names)
    for (let each = 0; each < concurrency; each += 1)
      await work(name, 1, async (batch) => {
        for (const job of batch) await runJob(name, job);
      });
  for (const name of Object.keys(systemJobs) as SystemJobName[])
    await work(name, batchSizes[name] ?? 1, async (batch) => {
      const outcomes: PromiseSettledResult<void>[] = [];
      // one that fails does not keep those behind it; those that are done do nothing when they come again with it
      for (const job of batch) outcomes.push(...(await Promise.allSettled([runSystemJob(name, job)])));
      const failed = outcomes.find((outcome) => outcome.status === 'rejected');
      if (failed) throw failed.reason;
    });
  await work(deadQueue, 1, async (batch) => {
    for (const job of batch) await buryJob(job);
  });

  async function work(
    name: string,
    batchSize: number,
    handle: (batch: JobWithMetadata<unknown>[]) => Promise<void>,
  ): Promise<void> {
    let id = '';
    id = await boss.work(name, { ...polling, batchSize, includeMetadata: true }, async (batch) => {
      try {
        await handle(batch);
      } finally {
        boss.notifyWorker(id); // where more wait, none waits for the clock
      }
    });
  }

  async function runJob<N extends JobName>(name: N, job: JobWithMetadata<unknown>): Promise<void> {
    const { tenantId, userId, input } = jobEnvelope.parse(job.data);
    const identity = { userId, tenantId, requestId: job.id };
    log('job', { name, jobId: job.id, attempt: job.retryCount + 1 });
    try {
      await handlers[name].run(jobs[name].parse(input) as JobInput<N>, { jobId: job.id, identity, signal: job.signal });
    } catch (error) {
      if (error instanceof JobPostponed) return postpone(name, job, error);
      log('job failed', { name, jobId: job.id, attempt: job.retryCount + 1, error });
      throw error;
    }
  }

  async function runSystemJob<N extends SystemJobName>(name: N, job: JobWithMetadata<unknown>): Promise<void> {
    const { input } = systemEnvelope.parse(job.data);
    try {
      await systemHandlers[name](systemJobs[name].parse(input) as SystemJobInput<N>, job.signal);
    } catch (error) {
      log('job failed', { name, jobId: job.id, attempt: job.retryCount + 1, error });
      throw error;
    }
  }

  async function postpone(name: JobName, job: JobWithMetadata<unknown>, { message, seconds }: JobPostponed) {
    const { tenantId, userId, input } = jobEnvelope.parse(job.data);
    const id = successorId(job.id);
    await boss.send(name, { tenantId, userId, input }, { id, startAfter: seconds, group: { id: tenantId } });
    log('job postponed', { name, jobId: job.id, successor: id, reason: message });
  }

  async function buryJob(job: JobWithMetadata<unknown>): Promise<void> {
    const name = names.find((each) => each === job.sourceName);
    if (!name) return log('job is dead', { name: job.sourceName, jobId: job.id });
    await buryAs(name, job);
  }

  async function buryAs<N extends JobName>(name: N, job: JobWithMetadata<unknown>): Promise<void> {
    const { input } = jobEnvelope.parse(job.data);
    log('job is dead', { name, jobId: job.id });
    await handlers[name].dead(jobs[name].parse(input) as JobInput<N>);
  }

  return { stop: (milliseconds) => boss.stop({ graceful: true, timeout: milliseconds }) };
}
