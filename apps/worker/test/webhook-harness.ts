import { randomBytes } from 'node:crypto';
import http from 'node:http';
import { text } from 'node:stream/consumers';
import { createDatabase, type Member } from '@granary/db';
import { createTestOrganization, type TestDatabase } from '@granary/db/testing';
import { actions, CatalogueMemory, executeAction, MasterKeys } from '@granary/domain';
import { Webhook } from 'standardwebhooks';
import { expect, onTestFinished, vi } from 'vitest';
import type { z } from 'zod';
import { dispatchEvents } from '../src/notifications/dispatch-events.ts';

/** What a receiver got: enough to verify it. */
export interface Received {
  readonly id: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** A receiver on this machine, with an answer of the test's. */
export async function receive(answer: http.RequestListener) {
  const got: Received[] = [];
  const server = http.createServer((request, response) => {
    text(request).then((body) => {
      const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
      got.push({ id: headers['webhook-id'] ?? '', headers, body });
      answer(request, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : expect.fail('a server without a port');
  return { url: `http://127.0.0.1:${port}/hook`, port, got };
}

/** Whether the library of Standard Webhooks takes it with this secret. */
export function isSigned(secret: string, { headers, body }: Received): boolean {
  try {
    new Webhook(secret).verify(body, headers);
    return true;
  } catch {
    return false;
  }
}

type Name = (typeof actions)[number]['name'];
type Named<N extends Name> = Extract<(typeof actions)[number], { name: N }>;

export function createWebhookScene(database: TestDatabase) {
  const owner = database.pool('postgres');
  const masterKey = randomBytes(32).toString('base64');
  const masterKeys = MasterKeys.parse(masterKey);
  const dependencies = {
    database: createDatabase(database.pool('granary_api'), { prepared: true }),
    catalogue: new CatalogueMemory(),
    masterKeys,
    outboundAllow: ['127.0.0.1/32'],
  };
  const workerDatabase = createDatabase(database.pool('granary_worker'), { prepared: true });
  async function act<N extends Name>(name: N, input: z.input<Named<N>['input']>, member: Member) {
    const action = actions.find((each) => each.name === name) ?? expect.fail(`no action ${name}`);
    return (await executeAction(dependencies, action, member, input)) as z.output<Named<N>['output']>;
  }
  return {
    owner,
    masterKey,
    masterKeys,
    workerDatabase,
    act,
    /** An organization whose admin has a webhook that leads there. */
    async organization(name: string, url: string) {
      const { as, tenantId } = await createTestOrganization(owner, name);
      const { admin } = as;
      const { webhook, secret } = await act('webhooks.create', { url }, admin);
      const webhookId = webhook.id;
      return {
        as,
        tenantId,
        admin,
        webhookId,
        secret,
        /** Something happens that the webhook is told of, and is handed on. */
        async happens() {
          await act('todos.create', { title: 'Look', assigneeId: admin.userId }, admin);
          while ((await dispatchEvents(workerDatabase, (problem) => expect.fail(JSON.stringify(problem)))) > 0);
        },
        /** The newest delivery, once it is so and nobody is at it. */
        delivery: (expected: object) =>
          vi.waitFor(
            async () => {
              const { items } = await act('webhooks.deliveries', { webhookId }, admin);
              const deliveryId = items[0]?.id ?? expect.fail('nothing to deliver');
              const found = await act('webhooks.delivery', { webhookId, deliveryId }, admin);
              const isSettled = found.log.at(-1)?.number === found.attempts;
              expect({ ...found, isSettled }).toMatchObject({ isSettled: true, ...expected });
              return found;
            },
            { timeout: 300_000, interval: 50 },
          ),
        isDue: () =>
          owner.query('update webhook_deliveries set next_attempt_at = now() where endpoint_id = $1', [webhookId]),
      };
    },
  };
}
