declare module 'pg/lib/utils.js' {
  /** A parameter's text form, as pg's own queries send it. */
  export function prepareValue(value: unknown): string | Buffer | null;
}
