/**
 * A messy file in, a typed private table out, shared with the colleagues.
 *
 *   GRANARY_API_URL=http://127.0.0.1:4780 GRANARY_API_KEY=gk_… node src/main.ts [file]
 */
import { fileURLToPath } from 'node:url';
import { createGranaryClient, isGranaryError } from '@granary/client';

const { GRANARY_API_URL = 'http://127.0.0.1:4780', GRANARY_API_KEY = '' } = process.env;
const sample = fileURLToPath(new URL('../../data/clinic-visits.csv', import.meta.url));

const client = createGranaryClient({ url: GRANARY_API_URL, auth: { apiKey: GRANARY_API_KEY } });

try {
  await run(process.argv[2] ?? sample);
} catch (error) {
  if (!isGranaryError(error)) throw error;
  console.error(`${error.kind}: ${error.message}`, error.details);
  process.exitCode = 1;
}

async function run(path: string): Promise<void> {
  const me = await client.session.whoAmI();
  console.log(`I am ${me.email}`);

  const { dataset, versionId } = await client.datasets.upload(
    { path },
    {
      name: `Quickstart ${new Date().toISOString()}`,
      origin: 'the quickstart',
      onProgress: ({ bytesSent, bytesTotal }) => console.log(`sent ${bytesSent} of ${bytesTotal} bytes`),
    },
  );
  const datasetId = dataset.id;
  const load = await client.datasets.loaded(
    { datasetId, versionId },
    { onProgress: ({ phase, rowsDone }) => console.log(`${phase}: ${rowsDone} rows`) },
  );
  console.log(`${load.loadedRows} rows loaded, ${load.quarantinedRows} quarantined`, load.notes);

  // asked together, these travel in one request
  const [{ columns }, { items: quarantine }, page] = await Promise.all([
    client.datasets.columns({ datasetId }),
    client.datasets.quarantine({ datasetId }),
    client.datasets.rows({ datasetId, limit: 5 }),
  ]);
  console.table(columns.map(({ name, originalName, type }) => ({ name, originalName, type })));
  console.table(quarantine.map(({ line, reason, raw }) => ({ line, reason, raw })));
  console.table(page.rows);

  const dates = columns.filter(({ type }) => type === 'date' || type === 'timestamptz');
  const newestFirst = dates.map(({ name }) => ({ column: name, direction: 'desc' as const }));
  for await (const row of client.datasets.eachRow({ datasetId, order: newestFirst })) console.log(row);

  const share = await client.datasets.share({ datasetId }); // with the whole organization, for reading
  console.log(`shared: ${share.access}`);
}
