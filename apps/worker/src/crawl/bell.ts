import { setTimeout as delay } from 'node:timers/promises';

/** Wakes one of those who wait, or the next who would. */
export class Bell {
  readonly #waiting = new Set<() => void>();
  #isRung = false;

  ring(): void {
    const [first] = this.#waiting;
    if (first) {
      this.#waiting.delete(first);
      first();
    } else this.#isRung = true;
  }

  /** Until it rings, but so many milliseconds at most, and not beyond the signal. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    if (this.#isRung) {
      this.#isRung = false;
      return;
    }
    const woken = new AbortController();
    const wake = () => woken.abort();
    this.#waiting.add(wake);
    await delay(ms, undefined, { signal: AbortSignal.any([signal, woken.signal]) }).catch(() => {});
    this.#waiting.delete(wake);
  }
}
