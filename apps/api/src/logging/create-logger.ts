import { type DestinationStream, type Logger, pino } from 'pino';
import { z } from 'zod';

/** An API key, a bearer token or a cookie, wherever in a line it may have got to. */
const secrets = /grn_[0-9a-f]{32}_[0-9a-f]{8,}|Bearer\s+[^\s"\\]+/g;

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

/**
 * JSON lines. Callers log named fields only; the redaction by path, and of everything that looks like a credential in
 * the finished line, is for the day somebody forgets.
 */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: { service: 'api', pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    serializers: { err: describeError, req: () => undefined, res: () => undefined },
    redact: {
      paths: ['authorization', 'cookie', 'secret', 'password', 'token'].flatMap((name) => [
        name,
        `*.${name}`,
        `*.*.${name}`,
      ]),
      censor: '[redacted]',
    },
    hooks: { streamWrite: (line: string) => line.replaceAll(secrets, '[redacted]') },
  };
  return destination ? pino(options, destination) : pino(options);
}
