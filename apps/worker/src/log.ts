import type { Logger } from '@granary/logging';

/** What the worker's parts say: named fields, and the error under `error`. */
export type Log = (message: string, details: Readonly<Record<string, unknown>>) => void;

export const logTo =
  (logger: Logger): Log =>
  (message, { error, ...details }) =>
    error === undefined ? logger.info(details, message) : logger.warn({ ...details, err: error }, message);
