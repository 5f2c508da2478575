// Seals until it is killed: [worker URL].
import { createDatabase, openPool } from '@granary/db';
import { sealChains } from '../seal-chains.ts';

const [url = ''] = process.argv.slice(2);
const { pool, prepared } = await openPool(url, { poolSize: 1, statementTimeoutMs: 0 });
const database = createDatabase(pool, { prepared });
for (;;)
  if ((await sealChains(database, { batch: 200 })) === 0) await new Promise((resolve) => setTimeout(resolve, 20));
