import { setTimeout as sleep } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';
import { z } from 'zod';
import { secondsSince } from '../output/measures.ts';
import type { Scene } from '../samples/prove-isolation.ts';
import { sampleFiles } from '../samples/sample-files.ts';
import type { LocalReceiver } from './local-receiver.ts';
import { Refusals } from './refusals.ts';

export interface WebhookCheck {
  readonly deliveryId: string;
  readonly type: string;
  /** From the load's end to the request. */
  readonly seconds: number;
  /** Verified by the library of Standard Webhooks. */
  readonly isSigned: boolean;
  /** URLs, and callers, that were turned away. */
  readonly refusals: number;
}

const patience = 60_000;
const told = z.object({ type: z.string(), data: z.object({ subjectId: z.string() }) });

/**
 * A program has itself told of loads; a file is loaded; what arrives is signed and tells of that. Beforehand URLs that lead inside,
 * and a colleague, are tried. Returns what was found, with what is wrong in words.
 */
export async function proveWebhook(
  { clients: { owner, colleague }, shared, signal }: Scene,
  receiver: LocalReceiver,
): Promise<{ readonly webhook: WebhookCheck | null; readonly problems: readonly string[] }> {
  const tried = new Refusals();
  const { problems, refused } = tried;
  for (const url of ['https://169.254.169.254/latest/meta-data/', 'http://127.0.0.1:1/', 'https://[::ffff:7f00:1]/'])
    await refused(`a webhook that leads to ${url}`, 'invalid', owner.webhooks.create({ url }));
  await refused('a webhook of a colleague', 'forbidden', colleague.webhooks.create({ url: receiver.url }));

  const { secret } = await owner.webhooks.create({ url: receiver.url, types: ['dataset.loaded'] }, { signal });
  const path = sampleFiles.find(({ name }) => name === shared.name)?.path;
  if (path === undefined) throw new Error(`there is no sample ${shared.name}`);
  const { dataset, versionId } = await owner.datasets.upload({ path }, { name: 'told by a webhook', signal });
  await owner.datasets.loaded({ datasetId: dataset.id, versionId }, { signal });
  const started = performance.now();
  const late = sleep(patience, undefined, { signal }).then(() => null);
  const received = await Promise.race([receiver.received, late]);
  if (!received) return { webhook: null, problems: [...problems, `no webhook came within ${patience / 1000} seconds`] };
  const seconds = secondsSince(started);
  const isSigned = verifies(secret, received);
  if (!isSigned) problems.push('the signature of the webhook is not valid');
  if (verifies(secret, { ...received, body: received.body.replace('dataset.loaded', 'dataset.shared') }))
    problems.push('a webhook that was changed on its way still verifies');
  const { type, data } = told.parse(JSON.parse(received.body));
  if (data.subjectId !== dataset.id) problems.push('the webhook tells of another dataset than was loaded');
  const deliveryId = received.headers['webhook-id'] ?? '';
  return { webhook: { deliveryId, type, seconds, isSigned, refusals: tried.refusals }, problems };
}

function verifies(
  secret: string,
  { headers, body }: { readonly headers: Record<string, string>; readonly body: string },
) {
  try {
    new Webhook(secret).verify(body, headers);
    return true;
  } catch {
    return false;
  }
}
