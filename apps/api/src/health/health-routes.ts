import type { Database } from '@granary/db';
import type { FastifyInstance } from 'fastify';

const answerWithinMs = 2000;
const rememberMs = 1000;

/**
 * For operators and load balancers, without credentials and without secrets: `live` (the process answers), `database`,
 * `ready` (worth sending requests to: the database answers and the process is not shutting down) and `/health`, all of it.
 */
export function registerHealth(
  app: FastifyInstance,
  { database, draining }: { readonly database: Database; readonly draining: AbortSignal },
): void {
  const databaseAnswers = remembered(() => ping(database));
  const state = (good: boolean) => ({ status: good ? 'ok' : 'unavailable' });
  const routes = {
    '/health/live': async () => ({ ok: true, body: state(true) }),
    '/health/database': async () => {
      const ok = await databaseAnswers();
      return { ok, body: state(ok) };
    },
    '/health/ready': async () => {
      const ok = !draining.aborted && (await databaseAnswers());
      return { ok, body: { ...state(ok), draining: draining.aborted } };
    },
    '/health': async () => {
      const connected = await databaseAnswers();
      const ok = connected && !draining.aborted;
      const body = { ...state(ok), database: state(connected).status, draining: draining.aborted };
      return { ok, body: { ...body, uptimeSeconds: Math.floor(process.uptime()) } };
    },
  };
  for (const [url, check] of Object.entries(routes)) {
    app.get(url, { config: { rateLimit: false } }, async (_request, reply) => {
      const { ok, body } = await check();
      return reply
        .code(ok ? 200 : 503)
        .header('cache-control', 'no-store')
        .send(body);
    });
  }
}

async function ping({ pool }: Database): Promise<boolean> {
  const late = new Promise<false>((resolve) => setTimeout(resolve, answerWithinMs, false).unref());
  const answer = pool.query('select 1').then(
    () => true,
    () => false,
  );
  return Promise.race([answer, late]);
}

/** Anybody may ask, so the database is asked once a second at most. */
function remembered(ask: () => Promise<boolean>): () => Promise<boolean> {
  let answer: Promise<boolean> | undefined;
  let until = 0;
  return () => {
    if (answer === undefined || performance.now() > until) {
      answer = ask();
      until = performance.now() + rememberMs;
    }
    return answer;
  };
}
