import type { Interruption } from './interruption.ts';
import type { Services } from './start-services.ts';

/**
 * Runs `use` beside the services and stops them afterwards. Rejects when one of them ends meanwhile, and when somebody
 * interrupts; the signal that `use` gets is aborted then.
 */
export async function withServices<T>(
  services: Services,
  { signal }: Interruption,
  use: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const ending = new AbortController();
  try {
    return await Promise.race([use(AbortSignal.any([signal, ending.signal])), services.failed]);
  } finally {
    ending.abort();
    await services.stop();
  }
}
