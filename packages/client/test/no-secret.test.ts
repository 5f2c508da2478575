import { createServer } from 'node:net';
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { createGranaryClient } from '../src/index.ts';

const apiKey = `grn_${'0'.repeat(32)}_${'1'.repeat(72)}`;

/** An address that hangs up on whoever calls. */
async function hangingUp(): Promise<{ url: string; close(): void }> {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return { url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`, close: () => server.close() };
}

// an upload tries again for half a minute before it gives up
test('no error shows the credential, however deep one looks', async () => {
  const { url, close } = await hangingUp();
  const client = createGranaryClient({ url, auth: { apiKey } });
  const failures = await Promise.allSettled([
    client.datasets.list(),
    client.datasets.create({ name: 'x' }),
    client.datasets.upload(new Uint8Array([1]), { fileName: 'x.csv' }),
    client.datasets.exportCsv({ datasetId: '00000000-0000-7000-8000-000000000000' }),
  ]);
  close();
  for (const failure of failures) {
    expect(failure.status).toBe('rejected');
    const shown = inspect(failure, { depth: 30, showHidden: true, maxArrayLength: null, maxStringLength: null });
    expect(shown).toContain('GranaryError');
    expect(shown).not.toContain(apiKey.slice(5));
  }
});
