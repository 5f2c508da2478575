import { type DestinationStream, type Logger, pino } from 'pino';
import { z } from 'zod';

/** An API key, a bearer token, or a field of a telling name, however deep: wherever in a line it may have got to. */
const secrets =
  /grn_[0-9a-f]{32}_[0-9a-f]{8,}|Bearer\s+[^\s"\\]+|(?<="(?:authorization|cookie|password|secret|token)":)"(?:[^"\\]|\\.)*"/gi;
const redact = (found: string): string => (found.startsWith('"') ? '"[redacted]"' : '[redacted]');

const described = z.object({
  name: z.string(),
  message: z.string(),
  stack: z.string().optional(),
  code: z.unknown(),
  kind: z.unknown(),
  cause: z.unknown(),
});

/** The fields of an error that are worth keeping. Postgres' `detail`, `where` and `parameters` hold people's values. */
function describeError(error: unknown): unknown {
  const parsed = described.partial({ code: true, kind: true, cause: true }).safeParse(error);
  if (!parsed.success) return { message: String(error) };
  const { name, message, stack, code, kind, cause } = parsed.data;
  return { type: name, message, code, kind, stack, ...(cause !== undefined && { cause: describeError(cause) }) };
}

export { readSettings, refuseToStart } from './read-settings.ts';
export type { Logger };

export interface LoggerOptions {
  readonly service: string;
  /** pino's levels, or silent. */
  readonly level: string;
  /** Default: standard output, line by line; when nobody reads it any more, logging stops and the process goes on. */
  readonly destination?: DestinationStream;
}

/**
 * JSON lines. Callers log named fields only; that whatever looks like a credential is taken out of the finished line is
 * for the day somebody forgets (pino's own redaction knows only the depths that it is told).
 */
export function createLogger({
  service,
  level,
  destination = pino.destination({ sync: true }),
}: LoggerOptions): Logger {
  return pino(
    {
      level,
      base: { service, pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: describeError, req: () => undefined, res: () => undefined },
      hooks: { streamWrite: (line: string) => line.replace(secrets, redact) },
    },
    destination,
  );
}

/** Standard output, written in pieces and at least every half second: a write per request would cost a tenth of it. */
export const bufferedOutput = (): DestinationStream =>
  pino.destination({ sync: false, minLength: 4096, periodicFlush: 500 });
