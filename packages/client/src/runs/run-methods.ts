import type { CallOptions, Calls } from '../calls.ts';
import type { RunLog, RunWithSteps } from '../contract.gen.ts';
import { pause } from '../datasets/watch-load.ts';

/** A line that a step logged, or the run whenever it or one of its steps is in another state. */
export type RunNews = ({ readonly type: 'log' } & RunLog) | { readonly type: 'run'; readonly run: RunWithSteps };

export interface WatchRunInput {
  readonly runId: string;
  /** The number of the last line that was seen. Default: 0, all lines. */
  readonly after?: number | undefined;
}

/** What is more than one request. All of it rejects with GranaryError only. */
export interface RunMethods {
  /**
   * How a run gets on, until it is over: its lines in order, none left out, and last its end.
   *
   * @example
   * for await (const news of client.runs.watch({ runId }))
   *   console.log(news.type === 'log' ? `${news.step}: ${news.message}` : news.run.state);
   */
  watch(input: WatchRunInput, options?: CallOptions): AsyncIterable<RunNews>;
}

const quiet = 500; // milliseconds between two questions
const mostLines = 1000; // in one answer

export function runMethods(logs: Calls['runs']['logs']): RunMethods {
  return {
    async *watch({ runId, after = 0 }, options = {}) {
      for (let [number, told] = [after, '']; ; ) {
        const { run, items, after: next } = await logs({ runId, after: number, limit: mostLines }, options);
        for (const line of items) yield { type: 'log', ...line };
        number = next;
        const state = JSON.stringify(run);
        if (state !== told) yield { type: 'run', run };
        told = state;
        const isOver = run.state !== 'queued' && run.state !== 'running';
        if (isOver && items.length < mostLines) return;
        if (items.length === 0) await pause(quiet, options.signal);
      }
    },
  };
}
