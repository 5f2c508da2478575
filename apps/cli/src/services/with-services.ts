import type { Interruption } from './interruption.ts';
import type { Services } from './start-services.ts';

export interface WithServicesOptions {
  readonly interruption: Interruption;
  /** Rejects when something else ends that the services cannot do without. */
  readonly lost?: Promise<never> | undefined;
}

/**
 * Runs `use` beside the services and stops them afterwards. Rejects when one of them ends meanwhile, and when somebody
 * interrupts; the signal that `use` gets is aborted then.
 */
export async function withServices<T>(
  services: Services,
  { interruption, lost }: WithServicesOptions,
  use: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const ending = new AbortController();
  try {
    return await Promise.race([
      use(AbortSignal.any([interruption.signal, ending.signal])),
      services.failed,
      ...(lost ? [lost] : []),
    ]);
  } finally {
    ending.abort();
    await services.stop();
  }
}
