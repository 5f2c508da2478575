import { serialize } from 'pg-protocol';

export interface PreparedStatement {
  readonly name: string;
  /** What to send before the name can be bound: messages that parse it, and close what is no longer used. */
  readonly messages: readonly Buffer[];
}

const limit = 256;
const caches = new WeakMap<object, StatementCache>();

/**
 * The named statements of one connection, least recently used first. Planning under policies is most of what a keyed
 * read costs, and a named statement is planned once. Only for connections that keep their session: never through a
 * pooler in transaction mode.
 */
export class StatementCache {
  readonly #names = new Map<string, string>();
  readonly #stale: string[] = [];
  readonly #pending = new Map<string, string>();
  #counter = 0;

  static of(connection: object): StatementCache {
    const existing = caches.get(connection);
    if (existing) return existing;
    const cache = new StatementCache();
    caches.set(connection, cache);
    return cache;
  }

  prepare(text: string): PreparedStatement {
    const messages = this.#stale.splice(0).map((name) => serialize.close({ type: 'S', name }));
    const known = this.#names.get(text) ?? this.#pending.get(text);
    if (known !== undefined) {
      if (this.#names.delete(text)) this.#names.set(text, known); // now the most recently used
      return { name: known, messages };
    }
    this.#counter += 1;
    const name = `granary_${this.#counter}`;
    this.#pending.set(text, name);
    return { name, messages: [...messages, serialize.parse({ text, name })] };
  }

  /** The batch succeeded: what it parsed is there from now on. */
  keep(): void {
    for (const [text, name] of this.#pending) this.#names.set(text, name);
    this.#pending.clear();
    while (this.#names.size > limit) {
      const [text, name] = this.#names.entries().next().value ?? [];
      if (text === undefined || name === undefined) break;
      this.#names.delete(text);
      this.#stale.push(name);
    }
  }

  /** The batch failed: which of its statements were parsed is unknown, and closing one that was not is no error. */
  forget(): void {
    this.#stale.push(...this.#pending.values());
    this.#pending.clear();
  }
}
