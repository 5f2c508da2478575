import { type ChildProcess, spawn } from 'node:child_process';
import { createPool } from '@granary/db';
import { freePort } from '@granary/db/embedded';
import Fastify from 'fastify';
import { listening, request, startApi, stop } from './api-process.ts';
import { median, paired, throughput } from './measure.ts';
import { makeSampleDataset, sampleColumns } from './sample-dataset.ts';
import { type Scratch, withScratch } from './scratch.ts';

const rows = 100_000;

/** A page of 20 through the whole API, by REST and by tRPC, against bare Fastify and pg with the same SQL and no policies. */
export const httpPage = () =>
  withScratch(async (scratch) => {
    const { datasetId, table, apiKey } = await makeSampleDataset(scratch.owner, rows);
    const apiPort = await freePort();
    const barePort = await freePort();
    const api = await listening(startApi(scratch, apiPort), apiPort, '/health/ready');
    const bare = await listening(startBare(scratch, table, barePort), barePort, '/rows');
    try {
      const authorization = `Bearer ${apiKey}`;
      const trpcInput = encodeURIComponent(JSON.stringify({ json: { datasetId, limit: 20 } }));
      const rates = await throughput({
        rest: request(apiPort, `/v1/datasets/${datasetId}/rows?limit=20`, { authorization }),
        trpc: request(apiPort, `/trpc/datasets.rows?input=${trpcInput}`, { authorization }),
        bare: request(barePort, '/rows', {}),
      });
      return {
        ...paired(rates.rest, rates.bare),
        trpc: paired(rates.trpc, rates.bare),
        perSecond: {
          rest: Math.round(median(rates.rest)),
          trpc: Math.round(median(rates.trpc)),
          bare: Math.round(median(rates.bare)),
        },
        sizes: { rows, pageRows: 20, connections: 8 },
        target: 0.6,
      };
    } finally {
      await stop(api, bare);
    }
  });

function startBare({ ownerUrl }: Scratch, table: string, port: number): ChildProcess {
  return spawn(process.execPath, [import.meta.filename, ownerUrl, table, String(port)], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

async function serveBare(ownerUrl: string, table: string, port: number): Promise<void> {
  const pool = createPool(ownerUrl, { poolSize: 8 });
  const list = sampleColumns.map(({ name }) => `"${name}"`).join(', ');
  const app = Fastify();
  app.get('/rows', async () => {
    const result = await pool.query({
      text: `select rowid, ${list} from data."${table}" order by rowid limit 21`,
      rowMode: 'array',
    });
    return { rows: result.rows };
  });
  await app.listen({ port, host: '127.0.0.1' });
}

if (import.meta.main) {
  const [ownerUrl = '', table = '', port = ''] = process.argv.slice(2);
  await serveBare(ownerUrl, table, Number(port));
}
