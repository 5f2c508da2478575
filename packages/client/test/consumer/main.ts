// A program of somebody else, who has nothing but the packed client.
import { createGranaryClient, isGranaryError } from '@granary/client';

const { GRANARY_API_URL = '', GRANARY_API_KEY = '' } = process.env;
const client = createGranaryClient({ url: GRANARY_API_URL, auth: { apiKey: GRANARY_API_KEY } });
const [me, { items }] = await Promise.all([client.session.whoAmI(), client.datasets.list({ limit: 5 })]);
const missing = await client.datasets
  .get({ datasetId: '00000000-0000-7000-8000-000000000000' })
  .catch((error: unknown) => (isGranaryError(error) ? error.kind : 'not a GranaryError'));
console.log(JSON.stringify({ email: me.email, datasets: items.map(({ name }) => name), missing }));
