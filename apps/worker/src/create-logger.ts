import { type Logger, pino } from 'pino';

export type Log = (message: string, details: Readonly<Record<string, unknown>>) => void;

/** Structured logs. Of an error only what names it: its other fields may hold a connection, a row, a URL. */
export function createLogger(level: string): { logger: Logger; log: Log } {
  const logger = pino({ name: 'granary-worker', level, serializers: { err: describeError } });
  const log: Log = (message, { error, ...details }) =>
    error === undefined ? logger.info(details, message) : logger.warn({ ...details, err: error }, message);
  return { logger, log };
}

function describeError(error: unknown): object {
  if (!(error instanceof Error)) return { message: String(error) };
  const code = 'code' in error ? { code: String(error.code) } : {};
  return {
    type: error.name,
    message: error.message,
    ...code,
    stack: error.stack,
    ...(error.cause !== undefined && { cause: describeError(error.cause) }),
  };
}
