import { randomUUID } from 'node:crypto';
import { createGranaryClient } from '@granary/client';
import { signDelivery } from '@granary/domain';
import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { apiUrlOf } from '../dataset/open-client.ts';
import { readPipedSecrets } from '../input/read-secret.ts';
import { UsageFailure } from '../output/failure.ts';

interface ReportFlags {
  readonly url?: string;
  readonly commit: string;
  readonly registry: string;
  readonly status: string;
  readonly digest?: string;
  readonly problem?: string;
  readonly json?: true;
}

/** What a machine that builds images runs when it has built one: it needs no account, and the repository's secret alone. */
export function addReportCommand(image: Command, context: CommandContext): void {
  image
    .command('report')
    .description('say of an image that it was built elsewhere; the secret is the first line of standard input')
    .argument('<repository>', 'its id')
    .argument('<tag>')
    .requiredOption('--commit <id>', 'of which it was built')
    .requiredOption('--registry <host/name>', 'where it was put')
    .requiredOption('--status <status>', 'pending, success or failed')
    .option('--digest <sha256:…>', 'of one that was built')
    .option('--problem <text>', 'of one that failed')
    .option('--url <url>', 'of the API (default: GRANARY_API_URL, or the one that was started here)')
    .option('--json', 'print JSON')
    .action(async (repositoryId: string, tag: string, { url, json, ...said }: ReportFlags) => {
      const [secret = ''] = await readPipedSecrets(context);
      if (!/^whsec_[A-Za-z0-9+/=]+$/.test(secret)) throw new UsageFailure('the secret begins with whsec_');
      const body = JSON.stringify({ tag, digest: null, ...said });
      const id = randomUUID();
      const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
      const headers = signDelivery([key], { id, body, sentAt: new Date() });
      const api = await apiUrlOf(context.environment(), url === undefined ? {} : { url });
      const client = createGranaryClient({ url: api, auth: { cookie: true } });
      const taken = await client.images.report({
        repositoryId,
        id,
        timestamp: headers['webhook-timestamp'],
        signature: headers['webhook-signature'],
        body,
      });
      context.terminal.print(json ? JSON.stringify(taken) : taken.imageId);
    });
}
