export interface Check {
  readonly check: string;
  readonly passed: boolean;
  readonly message: string;
}

const mostLogCharacters = 100_000;

/** What a verification found, in the order in which it did. */
export class Findings {
  readonly #checks: Check[] = [];
  #logs = '';
  #sample: { readonly columns: readonly string[]; readonly rows: readonly (readonly (string | null)[])[] } | null =
    null;

  note(line: string): void {
    if (this.#logs.length < mostLogCharacters) this.#logs += `${line}\n`;
  }

  pass(check: string, message: string): void {
    this.#add({ check, passed: true, message });
  }

  fail(check: string, message: string): void {
    this.#add({ check, passed: false, message });
  }

  /** The first rows of the result. */
  show(columns: readonly string[], rows: readonly (readonly (string | null)[])[]): void {
    this.#sample = { columns, rows };
  }

  get passed(): boolean {
    return this.#checks.length > 0 && this.#checks.every(({ passed }) => passed);
  }

  get logs(): string {
    return this.#logs;
  }

  get results(): { readonly checks: readonly Check[]; readonly sample: unknown } {
    return { checks: this.#checks, sample: this.#sample };
  }

  #add(check: Check): void {
    this.#checks.push(check);
    this.note(`${check.passed ? 'passed' : 'FAILED'} ${check.check}: ${check.message}`);
  }
}
