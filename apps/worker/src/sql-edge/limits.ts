/** What the SQL of an edge may use. */
export interface SandboxLimits {
  /** Of the process, on top of what it has before it holds any data; the operating system refuses more. */
  readonly memoryMegabytes: number;
  /** On disk, each: for the inputs with the result, and for what does not fit in memory. */
  readonly spaceMegabytes: number;
  /** Of one SELECT, until the process is killed. */
  readonly seconds: number;
  readonly rows: number;
  readonly columns: number;
}

export const defaultLimits: SandboxLimits = {
  memoryMegabytes: 1024,
  spaceMegabytes: 16_384,
  seconds: 600,
  rows: 100_000_000,
  columns: 1_500,
};
