import { type TendOptions, tendRuns } from './tend-runs.ts';

const every = 5000; // milliseconds

/** Looks after runs and schedules until it is stopped; `stop` resolves when nothing of it runs any more. */
export function startTending(options: TendOptions): { stop(): Promise<void> } {
  let running: Promise<unknown> | undefined;
  const begin = () => {
    running ??= tendRuns(options)
      .catch((error: unknown) => options.log('runs were not tended', { error }))
      .finally(() => {
        running = undefined;
      });
  };
  begin();
  const timer = setInterval(begin, every);
  return {
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}
