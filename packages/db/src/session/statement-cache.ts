/** The parts of pg's Connection that pg-cursor relies on too. */
export interface Wire {
  readonly stream: { cork(): void; uncork(): void };
  parse(message: { text: string; name: string }): void;
  bind(message: { statement: string; values: unknown[] }): void;
  describe(message: { type: 'P'; name: string }): void;
  execute(message: object): void;
  close(message: { type: 'S'; name: string }): void;
  sync(): void;
}

export interface PreparedStatement {
  readonly name: string;
  readonly isNew: boolean;
}

const limit = 256;
const caches = new WeakMap<Wire, StatementCache>();

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

  static of(connection: Wire): StatementCache {
    const existing = caches.get(connection);
    if (existing) return existing;
    const cache = new StatementCache();
    caches.set(connection, cache);
    return cache;
  }

  /** The name to bind; when it is new, the caller parses the text under it in this batch. */
  prepare(connection: Wire, text: string): PreparedStatement {
    for (const name of this.#stale.splice(0)) connection.close({ type: 'S', name });
    const known = this.#names.get(text) ?? this.#pending.get(text);
    if (known !== undefined) {
      if (this.#names.delete(text)) this.#names.set(text, known); // now the most recently used
      return { name: known, isNew: false };
    }
    this.#counter += 1;
    const name = `granary_${this.#counter}`;
    this.#pending.set(text, name);
    return { name, isNew: true };
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
