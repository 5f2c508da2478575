import { isDeepStrictEqual } from 'node:util';
import type { Database } from '@granary/db';
import { type DeclaredFlags, declaredFlags } from './declared-flags.ts';
import { evaluateFlag, type FlagContext, type FlagEvaluation } from './evaluate-flag.ts';
import { readStoredFlags, type StoredFlag, type StoredFlags } from './stored-flags.ts';

/** What happens to the flags that a process holds: some have changed, they can no longer be read, they can again. */
export type FlagNotice =
  | { readonly kind: 'changed'; readonly codenames: readonly string[] }
  | { readonly kind: 'stale' }
  | { readonly kind: 'current' };

export interface FlagsOptions<Declared extends DeclaredFlags> {
  readonly declared?: Declared;
  /** How often to ask whether something changed. */
  readonly pollMilliseconds?: number;
  /** Without a word from the database for so long, answers have the reason STALE. */
  readonly staleMilliseconds?: number;
  onError?(error: unknown): void;
}

/**
 * The flags as this process knows them: all of them in memory, so that asking costs no round trip. Once started it asks
 * twice a second whether something changed; not by LISTEN, which no pooler in transaction mode passes on.
 *
 * @example
 * const flags = new Flags(identityDatabase);
 * await flags.start();
 * if (flags.isOn('FF_ENABLE_REGISTRATION')) …
 */
export class Flags<Declared extends DeclaredFlags = typeof declaredFlags> {
  readonly #database: Database;
  readonly #declared: ReadonlyMap<string, boolean>;
  readonly #pollMs: number;
  readonly #staleMs: number;
  readonly #onError: (error: unknown) => void;
  readonly #listeners = new Set<(notice: FlagNotice) => void>();
  #version: number | null = null;
  #flags: ReadonlyMap<string, StoredFlag> | undefined;
  #readAt = 0;
  #isStale = false;
  #reading: Promise<void> | undefined;
  #next: NodeJS.Timeout | undefined;
  #isRunning = false;

  /** @param database the identity login's, or the owner's */
  constructor(database: Database, options: FlagsOptions<Declared> = {}) {
    this.#database = database;
    const declared: DeclaredFlags = options.declared ?? declaredFlags;
    this.#declared = new Map(Object.entries(declared).map(([codename, flag]) => [codename, flag.default]));
    this.#pollMs = options.pollMilliseconds ?? 500;
    this.#staleMs = options.staleMilliseconds ?? 10 * this.#pollMs;
    this.#onError = (error) => options.onError?.(error);
  }

  /** Whether a flag is on for somebody; what the code says where that cannot be known. */
  isOn(codename: keyof Declared & string, context: FlagContext = {}): boolean {
    return this.evaluate(codename, context).value;
  }

  /** The same with the reason, of any name. */
  evaluate(codename: string, context: FlagContext = {}): FlagEvaluation {
    const coded = this.#declared.get(codename);
    if (this.#flags === undefined) return { value: coded ?? false, reason: 'ERROR', errorCode: 'PROVIDER_NOT_READY' };
    const found = evaluateFlag(this.#flags.get(codename), coded, context);
    const isStale = performance.now() - this.#readAt > this.#staleMs && found.errorCode === undefined;
    return isStale && this.#isRunning ? { ...found, reason: 'STALE' } : found;
  }

  /** Reads the flags if they have never been read; throws what the database throws. */
  async load(): Promise<void> {
    if (this.#flags === undefined) await this.refresh();
  }

  /** Reads them if they have changed. */
  refresh(): Promise<void> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  /** Follows the changes from now on. Returns once the flags are there, or could not be read: it goes on trying. */
  async start(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    await this.#poll();
  }

  async stop(): Promise<void> {
    this.#isRunning = false;
    clearTimeout(this.#next);
    await this.#reading?.catch(() => undefined);
  }

  /** Tells the listener what happens; the answer ends that. */
  watch(listener: (notice: FlagNotice) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async #poll(): Promise<void> {
    try {
      await this.refresh();
    } catch (error) {
      this.#onError(error);
      if (!this.#isStale && performance.now() - this.#readAt > this.#staleMs) this.#setStale(true);
    }
    if (!this.#isRunning) return;
    this.#next = setTimeout(() => this.#poll(), this.#pollMs);
    this.#next.unref();
  }

  async #read(): Promise<void> {
    const askedAt = performance.now();
    const stored = await readStoredFlags(this.#database, this.#version);
    this.#readAt = askedAt;
    if (stored !== null) this.#replace(stored);
    if (this.#isStale) this.#setStale(false);
  }

  #replace({ version, flags }: StoredFlags): void {
    const before = this.#flags;
    const after = new Map(flags.map((flag) => [flag.codename, flag]));
    this.#version = version;
    this.#flags = after;
    if (before === undefined) return;
    const names = [...new Set([...before.keys(), ...after.keys()])];
    this.#tell({
      kind: 'changed',
      codenames: names.filter((name) => !isDeepStrictEqual(before.get(name), after.get(name))),
    });
  }

  #setStale(isStale: boolean): void {
    this.#isStale = isStale;
    this.#tell({ kind: isStale ? 'stale' : 'current' });
  }

  #tell(notice: FlagNotice): void {
    for (const listener of this.#listeners) listener(notice);
  }
}
