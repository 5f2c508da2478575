import { hash, verify } from '@node-rs/argon2';

export interface PasswordCost {
  /** KiB for each hash; OWASP asks for at least 19 MiB with two passes. */
  readonly memoryKiB: number;
  readonly passes: number;
}

/** Argon2id, the library's default algorithm, in PHC form: `$argon2id$v=19$m=19456,t=2,p=1$salt$hash`. */
export class Passwords {
  static readonly standard: PasswordCost = { memoryKiB: 19_456, passes: 2 };
  readonly #cost: PasswordCost;
  /** Compared with where there is no account, so that it takes as long. */
  readonly #nobodys: Promise<string>;

  constructor(cost: PasswordCost = Passwords.standard) {
    this.#cost = cost;
    this.#nobodys = this.hash('nobody has this password');
  }

  hash(password: string): Promise<string> {
    return hash(password, { memoryCost: this.#cost.memoryKiB, timeCost: this.#cost.passes, parallelism: 1 });
  }

  /** False for a wrong password and for `stored` null, after the same work. */
  async verify(stored: string | null, password: string): Promise<boolean> {
    const isRight = await verify(stored ?? (await this.#nobodys), password);
    return isRight && stored !== null;
  }

  /** Whether it was made with less than what is asked now: then the next log-in replaces it. */
  isOutdated(stored: string): boolean {
    const [, memory, passes] = /\$m=(\d+),t=(\d+),/.exec(stored) ?? [];
    return Number(memory) < this.#cost.memoryKiB || Number(passes) < this.#cost.passes;
  }
}
