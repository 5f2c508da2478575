// Delivers webhooks until its receiver kills it: [worker URL, master key, host:port that it may call].
import { createDatabase, openPool } from '@granary/db';
import { MasterKeys } from '@granary/domain';
import { createOutbound } from '@granary/outbound';
import { startDelivering } from '../src/webhooks/start-delivering.ts';

const [url = '', masterKey = '', allow = ''] = process.argv.slice(2);
const { pool, prepared } = await openPool(url, { poolSize: 4, statementTimeoutMs: 0 });
startDelivering({
  database: createDatabase(pool, { prepared }),
  masterKeys: MasterKeys.parse(masterKey),
  outbound: createOutbound({ userAgent: 'GranaryTest/1.0', allow: [allow] }),
  log: () => {},
  limits: { pauseMs: 20, leaseSeconds: 1 },
});
