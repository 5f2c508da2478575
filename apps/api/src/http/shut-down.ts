import type { FastifyInstance } from 'fastify';

/**
 * Stops accepting connections and waits for the requests that are being answered; what is left at the deadline is cut
 * (an upload resumes elsewhere). Resolves when the server is closed.
 */
export async function shutDown(app: FastifyInstance, deadlineMs: number): Promise<void> {
  // a keep-alive connection whose last request was just answered would hold the server open
  const idle = setInterval(() => app.server.closeIdleConnections(), 50);
  const cut = setTimeout(() => app.server.closeAllConnections(), deadlineMs);
  try {
    await app.close();
  } finally {
    clearInterval(idle);
    clearTimeout(cut);
  }
}
