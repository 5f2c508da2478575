// Hands events on, and is killed while the transaction that does so is open: [worker URL].
import { openPool } from '@granary/db';

const [url = ''] = process.argv.slice(2);
const { pool } = await openPool(url, { poolSize: 1, statementTimeoutMs: 0 });
const client = await pool.connect();
await client.query('begin');
const { rows } = await client.query('select event_id from app.dispatch_events(100)');
if (rows.length === 0) throw new Error('there was nothing to hand on');
process.kill(process.pid, 'SIGKILL');
